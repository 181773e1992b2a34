#include "capture/tether/protocol.hpp"

#include <gtest/gtest.h>
