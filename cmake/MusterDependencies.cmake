# Foreign libraries, all from Debian packages. The reason for each is in docs/decisions/.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
# cnats' own CMake config in Debian 12 names a file that is not shipped; pkg-config is right in both releases.
pkg_check_modules(NATS REQUIRED IMPORTED_TARGET libnats)
find_package(Protobuf REQUIRED)
find_package(nlohmann_json REQUIRED)
# Hashes of task ids: the same in every build and on every machine.
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

if(MUSTER_BUILD_DISPATCHER)
  find_package(RocksDB REQUIRED)
  find_package(prometheus-cpp REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(yaml-cpp REQUIRED)
  # The target's name changed between 0.7 (Debian 12) and 0.8 (Debian 13).
  if(NOT TARGET yaml-cpp::yaml-cpp)
    add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
    target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
  endif()
  pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
  # Debian 13's header is compiled with OpenSSL support and calls it inline; its pkg-config file does not say so.
  find_package(OpenSSL REQUIRED)
  target_link_libraries(PkgConfig::HTTPLIB INTERFACE OpenSSL::SSL OpenSSL::Crypto)
endif()
