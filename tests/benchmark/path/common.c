#include "common.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t NowNs(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool ReadStamp(const void* data, int bytes, Stamp* stamp) {
  if (bytes < kStampBytes) return false;
  memcpy(&stamp->submitted_ns, data, 8);
  memcpy(&stamp->number, (const char*)data + 8, 8);
  return true;
}

void WriteStamp(void* data, Stamp stamp) {
  memcpy(data, &stamp.submitted_ns, 8);
  memcpy((char*)data + 8, &stamp.number, 8);
}

void Must(natsStatus status, const char* what) {
  if (status == NATS_OK) return;
  fprintf(stderr, "bench: %s: %s\n", what, natsStatus_GetText(status));
  exit(1);
}

natsConnection* Connect(const char* url, bool at_once) {
  natsOptions* options = NULL;
  natsConnection* connection = NULL;
  Must(natsOptions_Create(&options), "options");
  Must(natsOptions_SetURL(options, url), "url");
  Must(natsOptions_SetSendAsap(options, at_once), "send at once");
  // The default drops what is over 65,536 waiting messages.
  Must(natsOptions_SetMaxPendingMsgs(options, 10 * 1000 * 1000), "pending limit");
  Must(natsConnection_Connect(&connection, options), "connect");
  natsOptions_Destroy(options);
  return connection;
}

SendMode ParseSendMode(const char* text) {
  if (strcmp(text, "adaptive") == 0) return kAdaptive;
  if (strcmp(text, "at-once") == 0) return kAtOnce;
  if (strcmp(text, "gather") == 0) return kGather;
  fprintf(stderr, "bench: adaptive, at-once or gather, not %s\n", text);
  exit(2);
}

Sender MakeSender(const char* url, SendMode mode) {
  Sender sender = {NULL, NULL, mode};
  if (mode != kGather) sender.at_once = Connect(url, true);
  if (mode != kAtOnce) sender.gather = Connect(url, false);
  return sender;
}

natsConnection* SendOn(const Sender* sender, natsSubscription* subscription) {
  int waiting = 0;
  if (sender->mode == kAtOnce) return sender->at_once;
  if (sender->mode == kGather) return sender->gather;
  Must(natsSubscription_GetPending(subscription, &waiting, NULL), "pending");
  return waiting == 0 ? sender->at_once : sender->gather;
}

void CountStart(WorkerStats* stats, const void* payload, int bytes) {
  Stamp stamp;
  if (stats->count++ == 0) stats->first_ns = NowNs();
  if (!ReadStamp(payload, bytes, &stamp) || stamp.submitted_ns == 0) return;
  const int64_t now = NowNs();
  if (stats->samples == stats->capacity) {
    stats->capacity = stats->capacity ? 2 * stats->capacity : 1024;
    stats->start_ms = realloc(stats->start_ms, (size_t)stats->capacity * sizeof(double));
    if (!stats->start_ms) abort();
  }
  stats->start_ms[stats->samples++] = (double)(now - stamp.submitted_ns) / 1e6;
}

void PrintStats(const WorkerStats* stats) {
  printf("{\"count\":%" PRId64 ",\"first_ns\":%" PRId64 ",\"start_ms\":[", stats->count, stats->first_ns);
  for (int64_t i = 0; i < stats->samples; i++) printf("%s%.4f", i ? "," : "", stats->start_ms[i]);
  printf("]}\n");
  fflush(stdout);
}

static void StopSignals(sigset_t* set) {
  sigemptyset(set);
  sigaddset(set, SIGTERM);
  sigaddset(set, SIGINT);
}

void BlockStopSignals(void) {
  sigset_t set;
  StopSignals(&set);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void ReadyAndWaitForStop(void) {
  sigset_t set;
  int signal_number = 0;
  printf("ready\n");
  fflush(stdout);
  StopSignals(&set);
  sigwait(&set, &signal_number);
}

static void Ask(Pull* pull, int count) {
  char request[128];
  const int bytes = snprintf(request, sizeof(request), "{\"batch\":%d,\"expires\":30000000000}", count);
  Must(natsConnection_PublishRequest(SendOn(pull->sender, pull->subscription), pull->subject, pull->inbox, request,
                                     bytes),
       "pull");
}

void PullStart(Pull* pull, const Sender* sender, natsSubscription* subscription, const char* stream,
               const char* consumer, const char* inbox, int window) {
  natsConnection* const connection = sender->gather ? sender->gather : sender->at_once;
  pull->sender = sender;
  pull->subscription = subscription;
  pull->window = window;
  pull->finished = 0;
  snprintf(pull->subject, sizeof(pull->subject), "$JS.API.CONSUMER.MSG.NEXT.%s.%s", stream, consumer);
  snprintf(pull->inbox, sizeof(pull->inbox), "%s", inbox);
  // The request may go out on another connection than the subscription did, and must not overtake it.
  Must(natsConnection_Flush(connection), "flush");
  Ask(pull, window);
}

void PullFinished(Pull* pull) {
  // An eighth of the window at a time: few requests, and the server never runs out of them.
  if (++pull->finished < (pull->window + 7) / 8) return;
  Ask(pull, pull->finished);
  pull->finished = 0;
}

bool PullControl(Pull* pull, natsMsg* message) {
  const char* status = NULL;
  if (natsMsg_GetDataLength(message) > 0) return false;
  if (natsMsgHeader_Get(message, "Status", &status) != NATS_OK) return false;
  const char* pending = NULL;
  if (natsMsgHeader_Get(message, "Nats-Pending-Messages", &pending) == NATS_OK && atoi(pending) > 0) {
    Ask(pull, atoi(pending));
  }
  return true;
}

void MakeQueue(natsConnection* connection, const char* stream, const char* subject, const char* consumer) {
  jsCtx* js = NULL;
  jsStreamConfig stream_config;
  jsConsumerConfig consumer_config;
  jsErrCode code = 0;
  Must(natsConnection_JetStream(&js, connection, NULL), "jetstream");
  js_DeleteStream(js, stream, NULL, &code);
  jsStreamConfig_Init(&stream_config);
  stream_config.Name = stream;
  stream_config.Subjects = &subject;
  stream_config.SubjectsLen = 1;
  stream_config.Retention = js_WorkQueuePolicy;
  stream_config.Storage = js_FileStorage;
  stream_config.Discard = js_DiscardNew;
  Must(js_AddStream(NULL, js, &stream_config, NULL, &code), "add stream");
  jsConsumerConfig_Init(&consumer_config);
  consumer_config.Durable = consumer;
  consumer_config.AckPolicy = js_AckExplicit;
  consumer_config.AckWait = (int64_t)3600 * 1000000000;
  consumer_config.MaxAckPending = 1000000;
  consumer_config.FilterSubject = subject;
  Must(js_AddConsumer(NULL, js, stream, &consumer_config, NULL, &code), "add consumer");
  jsCtx_Destroy(js);
}
