#include "base/result.hpp"

#include <cerrno>

namespace backtake::base {

std::string_view nameOf(Fault fault)
{
    switch (fault) {
    case Fault::Unplugged:
        return "unplugged";
    case Fault::Busy:
        return "busy";
    case Fault::TimedOut:
        return "timed_out";
    case Fault::Ended:
        return "ended";
    case Fault::Corrupt:
        return "corrupt";
    case Fault::Unsupported:
        return "unsupported";
    case Fault::OutOfSpace:
        return "out_of_space";
    case Fault::Denied:
        return "denied";
    case Fault::NotFound:
        return "not_found";
    case Fault::Exists:
        return "exists";
    case Fault::Usage:
        return "usage";
    case Fault::Cancelled:
        return "cancelled";
    case Fault::Failed:
        return "failed";
    }
    return "failed";
}

Fault faultOfErrno(int error_number)
{
    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return Fault::OutOfSpace;
    case EACCES:
    case EPERM:
    case EROFS:
        return Fault::Denied;
    case ENOENT:
    case ENOTDIR:
        return Fault::NotFound;
    case EEXIST:
        return Fault::Exists;
    case EBUSY:
    case EAGAIN:
        return Fault::Busy;
    case ENODEV:
    case ENXIO:
        return Fault::Unplugged;
    case ETIMEDOUT:
        return Fault::TimedOut;
    default:
        return Fault::Failed;
    }
}

} // namespace backtake::base
