// Folders, random numbers and Python, for all files of these tests.
@_exported import TestSupport
