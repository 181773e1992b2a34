#include "base/thread_marks.hpp"

#include <pthread.h>

namespace backtake::base {

void nameThisThread(const char* name) { pthread_setname_np(pthread_self(), name); }

} // namespace backtake::base
