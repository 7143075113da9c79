# What every target of ours has in common.

add_library(muster_options INTERFACE)
target_compile_options(muster_options INTERFACE -Wall -Wextra -Wshadow -Wconversion
  # Generated protobuf code and designated initialisers trip these two without cause.
  -Wno-sign-conversion -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
target_include_directories(muster_options INTERFACE ${PROJECT_SOURCE_DIR})

if(MUSTER_SANITIZER)
  add_compile_options(-fsanitize=${MUSTER_SANITIZER} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MUSTER_SANITIZER})
endif()

# Coverage and sanitizers in our libraries too; tests/fuzz links the fuzzer's main to its targets.
if(MUSTER_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()

# muster_library(NAME SOURCES … PUBLIC … PRIVATE …): a static library with our warnings.
function(muster_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE $<BUILD_INTERFACE:muster_options> ${arg_PRIVATE})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
endfunction()

# muster_binary(NAME SOURCES … LIBS …)
function(muster_binary name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE muster_options ${arg_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# muster_test(NAME SOURCES … LIBS … LABELS …): a Catch2 program; each test case becomes a ctest of its own label.
function(muster_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBS;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE muster_options muster_catch ${arg_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "MUSTER_BIN=${PROJECT_BINARY_DIR}/bin;MUSTER_SOURCE=${PROJECT_SOURCE_DIR};${arg_ENVIRONMENT}")
endfunction()
