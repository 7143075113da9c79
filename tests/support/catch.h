// One name for Catch2 v2 (Debian 12) and v3 (Debian 13).
#ifndef MUSTER_TESTS_SUPPORT_CATCH_H_
#define MUSTER_TESTS_SUPPORT_CATCH_H_

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#endif  // MUSTER_TESTS_SUPPORT_CATCH_H_
