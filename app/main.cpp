#include "app/command_line.hpp"

int main(int argc, char** argv) { return backtake::app::runCommandLine(argc, argv); }
