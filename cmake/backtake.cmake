# One line in a folder's CMakeLists.txt tells its place in the house; these functions hold the rest.

define_property(TARGET PROPERTY BACKTAKE_IS_TEST BRIEF_DOCS "Its sources are tests")
set(is_test $<BOOL:$<TARGET_PROPERTY:BACKTAKE_IS_TEST>>)

add_library(backtake_flags INTERFACE)
target_include_directories(backtake_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(backtake_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
  $<$<BOOL:${BACKTAKE_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)  # GCC 12 sees overlaps in plain std::string concatenation (PR 105651)
# Optimising a test costs as much of the compiler's time as reading it: what is tested is optimised, the test is not.
target_compile_options(backtake_flags INTERFACE $<${is_test}:-O0>)
target_compile_definitions(backtake_flags INTERFACE BACKTAKE_VERSION="${PROJECT_VERSION}")
target_link_libraries(backtake_flags INTERFACE Threads::Threads)
if(BACKTAKE_SANITIZE)
  target_compile_options(backtake_flags INTERFACE
    # GCC 12 under sanitizers takes libstdc++'s own <regex> for uninitialised (PR 105562).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
    -fsanitize=${BACKTAKE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # A check at every use of a pointer is a third of the compiler's time, for what AddressSanitizer sees as well.
    -fno-sanitize=null,vptr,object-size
    # What reads bytes from a camera or a disk is no test, and lies below these two, which are half of all sources.
    $<${is_test}:-fno-sanitize=undefined>
    $<$<STREQUAL:$<TARGET_PROPERTY:SOURCE_DIR>,${PROJECT_SOURCE_DIR}/ui>:-fno-sanitize=undefined>
    $<$<STREQUAL:$<TARGET_PROPERTY:SOURCE_DIR>,${PROJECT_SOURCE_DIR}/app>:-fno-sanitize=undefined>)
  target_link_options(backtake_flags INTERFACE -fsanitize=${BACKTAKE_SANITIZE})
endif()

# spdlog. Under ThreadSanitizer it is built from its headers, with our sources: of the packaged library the sanitizer
# sees neither locks nor the guard of its first use.
add_library(backtake_log INTERFACE)
add_library(backtake::log ALIAS backtake_log)
if(BACKTAKE_SANITIZE MATCHES "thread")
  target_link_libraries(backtake_log INTERFACE spdlog::spdlog_header_only)
else()
  target_link_libraries(backtake_log INTERFACE spdlog::spdlog)
endif()

# backtake_module(NAME SOURCES ... [LINKS ...] [PRIVATE_LINKS ...] [TESTS ...])
#   the library backtake::NAME of this folder, and NAME_test from the unit tests that lie beside the sources.
#   LINKS are the folders this one may know (the arrows of the house); a folder not named there does not link.
function(backtake_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PRIVATE_LINKS;TESTS" ${ARGN})
  add_library(backtake_${name} STATIC ${arg_SOURCES})
  add_library(backtake::${name} ALIAS backtake_${name})
  target_link_libraries(backtake_${name} PUBLIC backtake_flags ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
  if(BACKTAKE_TESTS AND arg_TESTS)
    backtake_test(${name}_test SOURCES ${arg_TESTS} LINKS backtake_${name} ${arg_PRIVATE_LINKS})
  endif()
endfunction()

# backtake_test(NAME SOURCES ... [LINKS ...] [TIMEOUT SECONDS] [ALONE]): a GoogleTest program, each of its tests in CTest.
#   ALONE: what it looks at happens in real time, so nothing else is tested beside it.
function(backtake_test name)
  cmake_parse_arguments(arg "ALONE" "TIMEOUT" "SOURCES;LINKS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(BACKTAKE_SANITIZE)  # sanitizers are some ten times slower
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 5")
  endif()
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES BACKTAKE_IS_TEST ON)
  target_link_libraries(${name} PRIVATE backtake_flags ${arg_LINKS} GTest::gmock GTest::gtest_main)
  # Clips of other people's cameras; tests/media fetches them.
  target_compile_definitions(${name} PRIVATE BACKTAKE_TEST_MEDIA="${PROJECT_SOURCE_DIR}/build/media")
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_ALONE})
endfunction()

# backtake_display_test(NAME PROGRAM FILE SOURCES ... [LINKS ...] [SCREEN WxH] [SHARDS N]): a GoogleTest program in CTest as one
#   test, or as N of them (NAME.1 ...) that share its tests out, each on a virtual display of its own, which must not start anew when
#   a test closes its window. Where there is none the test fails and says so: not skipped.
function(backtake_display_test name)
  if(BACKTAKE_SANITIZE MATCHES "thread")  # software OpenGL compiles code that ThreadSanitizer cannot follow
    return()
  endif()
  cmake_parse_arguments(arg "" "PROGRAM;SCREEN;SHARDS" "SOURCES;LINKS" ${ARGN})
  if(NOT arg_SCREEN)
    set(arg_SCREEN 1920x1080)
  endif()
  if(NOT arg_SHARDS)
    set(arg_SHARDS 1)
  endif()
  add_executable(${arg_PROGRAM} ${arg_SOURCES})
  set_target_properties(${arg_PROGRAM} PROPERTIES BACKTAKE_IS_TEST ON)
  target_link_libraries(${arg_PROGRAM} PRIVATE backtake_flags ${arg_LINKS} GTest::gmock GTest::gtest_main)
  find_program(XVFB_RUN xvfb-run)
  foreach(shard RANGE 1 ${arg_SHARDS})
    set(test ${name})
    if(arg_SHARDS GREATER 1)
      set(test ${name}.${shard})
    endif()
    # Two that start at once must not look for a free display from the same number on.
    get_property(displays GLOBAL PROPERTY BACKTAKE_DISPLAYS)
    if(NOT displays)
      set(displays 0)
    endif()
    math(EXPR first_display "110 + 10 * ${displays}")
    math(EXPR displays "${displays} + 1")
    set_property(GLOBAL PROPERTY BACKTAKE_DISPLAYS ${displays})
    math(EXPR index "${shard} - 1")
    if(XVFB_RUN)
      add_test(NAME ${test} COMMAND ${XVFB_RUN} -a -n ${first_display} -s "-screen 0 ${arg_SCREEN}x24 -noreset" $<TARGET_FILE:${arg_PROGRAM}>)
    else()
      add_test(NAME ${test} COMMAND sh -c "echo '${test} needs xvfb-run (Debian: xvfb, xauth)' >&2; exit 1")
    endif()
    # Leaks are the drivers': Mesa's software GL keeps its compiler until the end.
    set_tests_properties(${test} PROPERTIES TIMEOUT 600
      ENVIRONMENT "LIBGL_ALWAYS_SOFTWARE=1;ASAN_OPTIONS=detect_leaks=0;GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()
include(GoogleTest)
