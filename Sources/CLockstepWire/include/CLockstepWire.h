/// The messages of proto/lockstep.proto as protoc-c writes them; see scripts/generate-wire.sh.
#pragma once
#include "lockstep.pb-c.h"
