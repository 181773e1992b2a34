/// How much right to the processor a thread has.
#pragma once

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace backtake::base {

/// Gives the calling thread less of it than others have: 1 … 19, the more the less. Should the kernel refuse,
/// the thread is only less polite.
inline void lowerThisThread(int nice)
{
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), nice);
}

} // namespace backtake::base
