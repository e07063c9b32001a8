internal import LockstepCommand

CommandLineTool.run()
