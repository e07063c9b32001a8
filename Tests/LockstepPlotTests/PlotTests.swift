import LockstepPlot
import Testing
