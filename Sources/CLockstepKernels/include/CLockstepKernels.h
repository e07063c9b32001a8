#pragma once

// Vector kernels of the numeric modules.
//
// Every kernel exists in variants for several instruction sets, made from one source, and the best that the machine has is
// taken at run time. All variants give the same bits: sums run over a fixed number of lanes in a fixed order, and no
// multiplication is contracted with an addition.

#include "LKAdaptive.h"
#include "LKDispatch.h"
#include "LKElementwise.h"
#include "LKHalf.h"
#include "LKIndexing.h"
#include "LKInteger.h"
#include "LKLayer.h"
#include "LKMemory.h"
#include "LKNormalization.h"
#include "LKOptim.h"
#include "LKOrder.h"
#include "LKProduct.h"
#include "LKRecurrence.h"
#include "LKReduction.h"
#include "LKScan.h"
#include "LKSoftmax.h"
#include "LKTable.h"
#include "LKThread.h"
#include "LKTiles.h"
#include "LKWindow.h"
