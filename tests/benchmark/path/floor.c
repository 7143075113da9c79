// The floor under any dispatcher on NATS: pull a task from JetStream, publish it to a worker's subject, take the reply,
// acknowledge. No scheduling (round robin), no journal, no retries, no leases: nothing can be left out of it.
//
//   floor make URL                          the stream and its consumer
//   floor dispatch URL WORKERS WINDOW SEND  one process; SEND: see SendMode
//   floor work URL INDEX SEND              WORKERS processes
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static const char kStream[] = "BENCH_FLOOR";
static const char kSubject[] = "bench.floor.task";
static const char kConsumer[] = "floor";
static const char kDone[] = "bench.done";

typedef struct {
  Sender sender;
  Pull pull;
  char inbox[128];  // <inbox>.<slot> is where a worker replies to
  size_t inbox_bytes;
  char (*ack)[160];  // by slot: where the task in it is acknowledged
  int* free_slots;
  int free_count;
  int next_worker;
  int workers;
} Dispatcher;

// One subscription, so one thread, for what is pulled and what is replied.
static void OnDispatcherMessage(natsConnection* connection, natsSubscription* subscription, natsMsg* message,
                                void* closure) {
  Dispatcher* const d = closure;
  natsConnection* const to_server = SendOn(&d->sender, subscription);
  const char* const subject = natsMsg_GetSubject(message);
  char to[64];
  char reply[160];
  (void)connection;
  if (strncmp(subject, d->inbox, d->inbox_bytes) == 0 && subject[d->inbox_bytes] == '.' &&
      subject[d->inbox_bytes + 1] != 'p') {
    const int slot = atoi(subject + d->inbox_bytes + 1);
    Stamp stamp = {0, 0};
    Must(natsConnection_Publish(to_server, d->ack[slot], "+ACK", 4), "ack");
    if (ReadStamp(natsMsg_GetData(message), natsMsg_GetDataLength(message), &stamp) && stamp.submitted_ns != 0) {
      Must(natsConnection_Publish(to_server, kDone, natsMsg_GetData(message), kStampBytes), "done");
    }
    d->free_slots[d->free_count++] = slot;
    PullFinished(&d->pull);
  } else if (!PullControl(&d->pull, message)) {
    const int slot = d->free_slots[--d->free_count];
    snprintf(d->ack[slot], sizeof(d->ack[slot]), "%s", natsMsg_GetReply(message));
    snprintf(to, sizeof(to), "bench.floor.worker.%d", d->next_worker);
    snprintf(reply, sizeof(reply), "%s.%d", d->inbox, slot);
    d->next_worker = (d->next_worker + 1) % d->workers;
    Must(natsConnection_PublishRequest(to_server, to, reply, natsMsg_GetData(message), natsMsg_GetDataLength(message)),
         "assign");
  }
  natsMsg_Destroy(message);
}

static int Dispatch(const char* url, int workers, int window, SendMode mode) {
  Dispatcher d;
  natsSubscription* subscription = NULL;
  natsInbox* inbox = NULL;
  char wildcard[160];
  char pulled[160];
  memset(&d, 0, sizeof(d));
  d.sender = MakeSender(url, mode);
  natsConnection* const connection = d.sender.gather ? d.sender.gather : d.sender.at_once;
  d.workers = workers;
  d.ack = calloc((size_t)window, sizeof(*d.ack));
  d.free_slots = calloc((size_t)window, sizeof(*d.free_slots));
  if (!d.ack || !d.free_slots) abort();
  for (int i = 0; i < window; i++) d.free_slots[d.free_count++] = i;
  Must(natsInbox_Create(&inbox), "inbox");
  snprintf(d.inbox, sizeof(d.inbox), "%s", inbox);
  d.inbox_bytes = strlen(d.inbox);
  snprintf(wildcard, sizeof(wildcard), "%s.*", d.inbox);
  snprintf(pulled, sizeof(pulled), "%s.p", d.inbox);
  Must(natsConnection_Subscribe(&subscription, connection, wildcard, OnDispatcherMessage, &d), "subscribe");
  Must(natsSubscription_SetPendingLimits(subscription, -1, -1), "limits");
  PullStart(&d.pull, &d.sender, subscription, kStream, kConsumer, pulled, window);
  ReadyAndWaitForStop();
  natsInbox_Destroy(inbox);
  return 0;
}

typedef struct {
  Sender sender;
  WorkerStats stats;
} Worker;

static void OnWorkerMessage(natsConnection* connection, natsSubscription* subscription, natsMsg* message,
                            void* closure) {
  Worker* const w = closure;
  (void)connection;
  CountStart(&w->stats, natsMsg_GetData(message), natsMsg_GetDataLength(message));
  Must(natsConnection_Publish(SendOn(&w->sender, subscription), natsMsg_GetReply(message), natsMsg_GetData(message),
                              kStampBytes),
       "reply");
  natsMsg_Destroy(message);
}

static int Work(const char* url, const char* index, SendMode mode) {
  Worker w;
  natsSubscription* subscription = NULL;
  char subject[64];
  memset(&w, 0, sizeof(w));
  w.sender = MakeSender(url, mode);
  natsConnection* const connection = w.sender.gather ? w.sender.gather : w.sender.at_once;
  snprintf(subject, sizeof(subject), "bench.floor.worker.%s", index);
  Must(natsConnection_Subscribe(&subscription, connection, subject, OnWorkerMessage, &w), "subscribe");
  Must(natsSubscription_SetPendingLimits(subscription, -1, -1), "limits");
  // The dispatcher starts once this worker says that it is ready, so the server must know the subscription by then.
  Must(natsConnection_Flush(connection), "flush");
  ReadyAndWaitForStop();
  natsSubscription_Unsubscribe(subscription);
  PrintStats(&w.stats);
  return 0;
}

int main(int argc, char** argv) {
  BlockStopSignals();
  if (argc == 3 && strcmp(argv[1], "make") == 0) {
    MakeQueue(Connect(argv[2], false), kStream, kSubject, kConsumer);
    return 0;
  }
  if (argc == 6 && strcmp(argv[1], "dispatch") == 0) {
    return Dispatch(argv[2], atoi(argv[3]), atoi(argv[4]), ParseSendMode(argv[5]));
  }
  if (argc == 5 && strcmp(argv[1], "work") == 0) return Work(argv[2], argv[3], ParseSendMode(argv[4]));
  fprintf(stderr, "usage: floor make|dispatch|work URL …\n");
  return 2;
}
