#include "capture/tether/protocol.hpp"
