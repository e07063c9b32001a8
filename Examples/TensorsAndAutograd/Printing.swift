import Foundation
import Lockstep

/// Prints where in the document we are.
func heading(_ text: String) { print("\n# \(text)\n") }

/// A number with three digits after the point: Python's `"{:.3f}".format(number)`.
func short(_ number: Float) -> String { String(format: "%.3f", number) }
