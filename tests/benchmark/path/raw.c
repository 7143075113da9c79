// A JetStream work queue without a dispatcher: every worker pulls from the same consumer and acknowledges.
//
//   raw make URL                       the stream and its consumer
//   raw work URL WINDOW SEND           one of the workers; SEND: see SendMode
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static const char kStream[] = "BENCH_RAW";
static const char kSubject[] = "bench.raw.task";
static const char kConsumer[] = "raw";
static const char kDone[] = "bench.done";

typedef struct {
  Sender sender;
  Pull pull;
  WorkerStats stats;
} Worker;

static void OnMessage(natsConnection* connection, natsSubscription* subscription, natsMsg* message, void* closure) {
  Worker* const w = closure;
  (void)connection;
  if (!PullControl(&w->pull, message)) {
    natsConnection* const to_server = SendOn(&w->sender, subscription);
    Stamp stamp = {0, 0};
    CountStart(&w->stats, natsMsg_GetData(message), natsMsg_GetDataLength(message));
    Must(natsConnection_Publish(to_server, natsMsg_GetReply(message), "+ACK", 4), "ack");
    if (ReadStamp(natsMsg_GetData(message), natsMsg_GetDataLength(message), &stamp) && stamp.submitted_ns != 0) {
      Must(natsConnection_Publish(to_server, kDone, natsMsg_GetData(message), kStampBytes), "done");
    }
    PullFinished(&w->pull);
  }
  natsMsg_Destroy(message);
}

static int Work(const char* url, int window, SendMode mode) {
  Worker w;
  natsSubscription* subscription = NULL;
  natsInbox* inbox = NULL;
  memset(&w, 0, sizeof(w));
  w.sender = MakeSender(url, mode);
  natsConnection* const connection = w.sender.gather ? w.sender.gather : w.sender.at_once;
  Must(natsInbox_Create(&inbox), "inbox");
  Must(natsConnection_Subscribe(&subscription, connection, inbox, OnMessage, &w), "subscribe");
  Must(natsSubscription_SetPendingLimits(subscription, -1, -1), "limits");
  PullStart(&w.pull, &w.sender, subscription, kStream, kConsumer, inbox, window);
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
  if (argc == 5 && strcmp(argv[1], "work") == 0) {
    return Work(argv[2], atoi(argv[3]), ParseSendMode(argv[4]));
  }
  fprintf(stderr, "usage: raw make|work URL …\n");
  return 2;
}
