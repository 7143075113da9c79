// What the benchmark's programs share: the clock, the connection, how a program tells its numbers, and a standing pull.
//
// A task's payload is 256 bytes; the first 16 are two little-endian integers: when it was submitted (ns of
// CLOCK_MONOTONIC, which all processes of a machine share; 0 = not to be measured) and its number.
#ifndef MUSTER_TESTS_BENCHMARK_PATH_COMMON_H_
#define MUSTER_TESTS_BENCHMARK_PATH_COMMON_H_

#include <nats/nats.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { kPayloadBytes = 256, kStampBytes = 16 };

typedef struct {
  int64_t submitted_ns;
  int64_t number;
} Stamp;

int64_t NowNs(void);

// False where `bytes` is too short to carry a stamp.
bool ReadStamp(const void* data, int bytes, Stamp* stamp);
void WriteStamp(void* data, Stamp stamp);

// Ends the process with a message unless `status` is NATS_OK.
void Must(natsStatus status, const char* what);

// A connection with the settings that every program here uses. `at_once`: each message is written to the socket when
// it is published; otherwise the library gathers them for up to a millisecond.
natsConnection* Connect(const char* url, bool at_once);

// Two connections, and the choice between them: while more messages wait to be handled, what is sent is gathered (one
// write for many); with nothing left to handle it goes out at once. Neither pays for the other's virtue: gathering
// alone adds up to a millisecond per hop, and a write per message costs a system call per hop.
typedef enum { kAdaptive, kAtOnce, kGather } SendMode;

typedef struct {
  natsConnection* at_once;
  natsConnection* gather;
  SendMode mode;
} Sender;

// "adaptive", "at-once" or "gather"; ends the process on anything else.
SendMode ParseSendMode(const char* text);
Sender MakeSender(const char* url, SendMode mode);
// Where to send now, `subscription` being the one whose messages are handled.
natsConnection* SendOn(const Sender* sender, natsSubscription* subscription);

// What a worker counts. Told from one thread at a time, or under the caller's lock.
typedef struct {
  int64_t count;
  int64_t first_ns;  // when the first task started; 0 = none yet
  double* start_ms;  // submit to start, of the tasks that are to be measured
  int64_t samples;
  int64_t capacity;
} WorkerStats;

void CountStart(WorkerStats* stats, const void* payload, int bytes);
// One line of JSON on stdout.
void PrintStats(const WorkerStats* stats);

// Blocks SIGTERM and SIGINT in this and all later threads. REQUIRES: called before the first thread starts.
void BlockStopSignals(void);
// Says "ready" on stdout and waits for SIGTERM or SIGINT.
void ReadyAndWaitForStop(void);

// A standing pull of one consumer: `window` messages are asked for at once, then as many again as were finished.
// All functions from the subscription's thread, except PullStart.
// REQUIRES: the subscription is on the sender's gathering connection, or on its only one.
typedef struct {
  const Sender* sender;
  natsSubscription* subscription;  // the one of `inbox`
  char subject[256];               // $JS.API.CONSUMER.MSG.NEXT.<stream>.<consumer>
  char inbox[128];                 // where the messages come to
  int window;
  int finished;  // since the last request
} Pull;

void PullStart(Pull* pull, const Sender* sender, natsSubscription* subscription, const char* stream,
               const char* consumer, const char* inbox, int window);
// The caller is done with one message.
void PullFinished(Pull* pull);
// True where `message` was for the pull itself (an expired request, which is asked for again) and not a task.
bool PullControl(Pull* pull, natsMsg* message);

// A file-backed work queue stream of one subject, and its one consumer, made again from nothing.
void MakeQueue(natsConnection* connection, const char* stream, const char* subject, const char* consumer);

#ifdef __cplusplus
}
#endif

#endif  // MUSTER_TESTS_BENCHMARK_PATH_COMMON_H_
