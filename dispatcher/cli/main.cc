#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "dispatcher/cli/app.h"

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    return static_cast<int>(muster::cli::RunApp(words, std::cout, std::cerr));
  } catch (const std::exception& error) {
    // Out of memory and its like: nothing of ours throws.
    std::fprintf(stderr, "muster: %s\n", error.what());
    return 1;
  }
}
