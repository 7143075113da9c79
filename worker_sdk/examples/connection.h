// Where the examples find NATS: the first argument, else the usual place.
#ifndef MUSTER_WORKER_SDK_EXAMPLES_CONNECTION_H_
#define MUSTER_WORKER_SDK_EXAMPLES_CONNECTION_H_

#include "muster/options.h"

inline muster::ConnectionOptions ConnectionFrom(int argc, char** argv) {
  muster::ConnectionOptions connection;
  if (argc > 1) connection.servers = {argv[1]};
  connection.retry_for = muster::ConnectionOptions::kForever;
  return connection;
}

#endif  // MUSTER_WORKER_SDK_EXAMPLES_CONNECTION_H_
