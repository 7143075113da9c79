// The one publisher of all the paths, an ordinary JetStream client.
//
//   publisher flood URL STREAM SUBJECT COUNT drain|fill [HEADER VALUE]…
//     publishes COUNT tasks as fast as the stream takes them; with `drain` it then waits until the stream is empty
//     (every task acknowledged, so every task done). Publishes asynchronously, gathered writes.
//   publisher empty URL STREAM
//     only waits until the stream is empty.
//   publisher pace URL SUBJECT COUNT PER_SECOND DONE [HEADER VALUE]…
//     publishes at a steady pace, each message written at once, and takes a message on the subject DONE for every task
//     that is done. With a header Muster-Reply-To it takes Muster's TaskResult, else a task's stamp.
//
// Waits for a line on stdin before it begins, tells one line of JSON, and waits for the end of stdin, so that its
// processor time can be read.
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common.h"

static void WaitForLine(void) {
  int c = 0;
  printf("ready\n");
  fflush(stdout);
  while ((c = getchar()) != EOF && c != '\n') {
  }
}

static void WaitForEnd(void) {
  fflush(stdout);
  while (getchar() != EOF) {
  }
}

// A work queue's stream holds what is not acknowledged. 5 ms: cheap for the server, exact enough for seconds.
// Ends the process when nothing at all was acknowledged for 20 s.
static int64_t WaitUntilEmpty(jsCtx* js, const char* stream) {
  const struct timespec pause = {0, 5 * 1000 * 1000};
  uint64_t last = UINT64_MAX;
  int64_t moved = NowNs();
  for (;;) {
    jsStreamInfo* info = NULL;
    jsErrCode code = 0;
    Must(js_GetStreamInfo(&info, js, stream, NULL, &code), "stream info");
    const uint64_t messages = info->State.Msgs;
    jsStreamInfo_Destroy(info);
    const int64_t now = NowNs();
    if (messages == 0) return now;
    if (messages != last) moved = now;
    last = messages;
    if (now - moved > (int64_t)20 * 1000000000) {
      fprintf(stderr, "bench: %" PRIu64 " tasks in %s, and none acknowledged for 20 s\n", messages, stream);
      exit(1);
    }
    nanosleep(&pause, NULL);
  }
}

static void Publish(jsCtx* js, const char* subject, const char* payload, int headers, char** header, const char* id) {
  natsMsg* message = NULL;
  if (headers == 0) {
    Must(js_PublishAsync(js, subject, payload, kPayloadBytes, NULL), "publish");
    return;
  }
  Must(natsMsg_Create(&message, subject, NULL, payload, kPayloadBytes), "message");
  for (int i = 0; i + 1 < headers; i += 2) Must(natsMsgHeader_Set(message, header[i], header[i + 1]), "header");
  if (id) Must(natsMsgHeader_Set(message, "Muster-Id", id), "header");
  Must(js_PublishMsgAsync(js, &message, NULL), "publish");
}

static atomic_int_fast64_t refused;

static void OnPublishError(jsCtx* js, jsPubAckErr* error, void* closure) {
  (void)js;
  (void)closure;
  if (atomic_fetch_add(&refused, 1) == 0) {
    fprintf(stderr, "bench: a publish failed: %s\n", error->ErrText ? error->ErrText : natsStatus_GetText(error->Err));
  }
}

static jsCtx* Context(natsConnection* connection) {
  jsCtx* js = NULL;
  jsOptions options;
  jsOptions_Init(&options);
  options.PublishAsync.MaxPending = 8192;
  options.PublishAsync.StallWait = 60 * 1000;  // the default gives up after 200 ms
  options.PublishAsync.ErrHandler = OnPublishError;
  Must(natsConnection_JetStream(&js, connection, &options), "jetstream");
  return js;
}

static int Flood(int argc, char** argv) {
  jsCtx* const js = Context(Connect(argv[2], false));
  const int64_t count = atoll(argv[5]);
  const bool drain = strcmp(argv[6], "drain") == 0;
  char payload[kPayloadBytes];
  memset(payload, 'x', sizeof(payload));
  WaitForLine();
  const int64_t begin = NowNs();
  for (int64_t i = 0; i < count; i++) {
    WriteStamp(payload, (Stamp){0, i});
    Publish(js, argv[4], payload, argc - 7, argv + 7, NULL);
  }
  Must(js_PublishAsyncComplete(js, NULL), "publish");
  const int64_t published = NowNs();
  const int64_t end = drain ? WaitUntilEmpty(js, argv[3]) : published;
  printf("{\"begin_ns\":%" PRId64 ",\"published_ns\":%" PRId64 ",\"end_ns\":%" PRId64 ",\"refused\":%" PRId64 "}\n",
         begin, published, end, (int64_t)atomic_load(&refused));
  WaitForEnd();
  return 0;
}

typedef struct {
  int64_t* submitted_ns;  // by number
  double* done_ms;        // by number; 0 = not yet
  int64_t count;
  bool task_results;  // the done messages are muster.v1.TaskResult
  atomic_int_fast64_t done;
} Paced;

static void OnDone(natsConnection* connection, natsSubscription* subscription, natsMsg* message, void* closure) {
  Paced* const p = closure;
  const char* const data = natsMsg_GetData(message);
  const int bytes = natsMsg_GetDataLength(message);
  const int64_t now = NowNs();
  int64_t number = -1;
  Stamp stamp;
  (void)connection;
  (void)subscription;
  if (p->task_results) {
    // Field 1, task_id, comes first: tag, length, "b<number>".
    char id[64];
    if (bytes > 2 && data[0] == 0x0a && data[1] > 1 && data[1] < (int)sizeof(id) && 2 + data[1] <= bytes) {
      memcpy(id, data + 2, (size_t)data[1]);
      id[(int)data[1]] = 0;
      if (id[0] == 'b') number = atoll(id + 1);
    }
  } else if (ReadStamp(data, bytes, &stamp)) {
    number = stamp.number;
  }
  if (number >= 0 && number < p->count && p->done_ms[number] == 0) {
    p->done_ms[number] = (double)(now - p->submitted_ns[number]) / 1e6;
    atomic_fetch_add(&p->done, 1);
  }
  natsMsg_Destroy(message);
}

static int Pace(int argc, char** argv) {
  natsConnection* const connection = Connect(argv[2], true);
  jsCtx* const js = Context(connection);
  natsSubscription* subscription = NULL;
  const int64_t interval = 1000000000 / atoll(argv[5]);
  char payload[kPayloadBytes];
  Paced p;
  memset(&p, 0, sizeof(p));
  memset(payload, 'x', sizeof(payload));
  p.count = atoll(argv[4]);
  p.submitted_ns = calloc((size_t)p.count, sizeof(int64_t));
  p.done_ms = calloc((size_t)p.count, sizeof(double));
  if (!p.submitted_ns || !p.done_ms) abort();
  for (int i = 7; i + 1 < argc; i += 2) p.task_results |= strcmp(argv[i], "Muster-Reply-To") == 0;
  Must(natsConnection_Subscribe(&subscription, connection, argv[6], OnDone, &p), "subscribe");
  Must(natsConnection_Flush(connection), "flush");
  WaitForLine();
  int64_t due = NowNs();
  for (int64_t i = 0; i < p.count; i++, due += interval) {
    const struct timespec until = {due / 1000000000, due % 1000000000};
    char id[64];
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    // Ids stay unique over the runs on one server: a repeated one would be recognised and not run.
    snprintf(id, sizeof(id), "b%" PRId64 "-%" PRId64, i, due);
    p.submitted_ns[i] = NowNs();
    WriteStamp(payload, (Stamp){p.submitted_ns[i], i});
    Publish(js, argv[3], payload, argc - 7, argv + 7, p.task_results ? id : NULL);
  }
  Must(js_PublishAsyncComplete(js, NULL), "publish");
  const int64_t give_up = NowNs() + (int64_t)10 * 1000000000;
  const struct timespec pause = {0, 1000 * 1000};
  while (atomic_load(&p.done) < p.count && NowNs() < give_up) nanosleep(&pause, NULL);
  printf("{\"count\":%" PRId64 ",\"done_ms\":[", p.count);
  bool first = true;
  for (int64_t i = 0; i < p.count; i++) {
    if (p.done_ms[i] == 0) continue;
    printf("%s%.4f", first ? "" : ",", p.done_ms[i]);
    first = false;
  }
  printf("]}\n");
  WaitForEnd();
  return 0;
}

static int Empty(char** argv) {
  jsCtx* const js = Context(Connect(argv[2], true));
  WaitForLine();
  printf("{\"end_ns\":%" PRId64 "}\n", WaitUntilEmpty(js, argv[3]));
  WaitForEnd();
  return 0;
}

int main(int argc, char** argv) {
  if (argc >= 7 && strcmp(argv[1], "flood") == 0) return Flood(argc, argv);
  if (argc >= 7 && strcmp(argv[1], "pace") == 0) return Pace(argc, argv);
  if (argc == 4 && strcmp(argv[1], "empty") == 0) return Empty(argv);
  fprintf(stderr, "usage: publisher flood|pace|empty URL …\n");
  return 2;
}
