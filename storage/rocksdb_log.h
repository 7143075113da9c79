// Where RocksDB writes what it has to say: the file LOG in the journal's directory, warnings and errors only.
//
// RocksDB's own logger must not be used: when the disk is full its second failing line ends the process by an assertion
// (Debian builds RocksDB with them), and musterd would die by SIGABRT instead of saying what is wrong. This one drops
// the lines it cannot write.
#ifndef MUSTER_STORAGE_ROCKSDB_LOG_H_
#define MUSTER_STORAGE_ROCKSDB_LOG_H_

#include <memory>
#include <string>

namespace rocksdb {
class Logger;
}

namespace muster::storage {

// The file is made with the first line, and begun anew at 1 MiB; the one before it stays as LOG.old. Any thread.
std::shared_ptr<rocksdb::Logger> FileLog(const std::string& directory);
// Drops everything. A read-only opening must not touch the directory.
std::shared_ptr<rocksdb::Logger> NoLog();

}  // namespace muster::storage

#endif  // MUSTER_STORAGE_ROCKSDB_LOG_H_
