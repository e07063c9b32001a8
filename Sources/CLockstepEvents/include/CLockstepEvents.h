/// The messages of proto/tensorboard.proto as protoc-c writes them; see scripts/generate-wire.sh.
#pragma once
#include "tensorboard.pb-c.h"
