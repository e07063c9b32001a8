/// Numbers in messages to people.
package enum NumberText {
    /// The number as Swift writes it, and for what is none always `NaN`: its sign says nothing.
    package static func of(_ value: Double) -> String { value.isNaN ? "NaN" : "\(value)" }
}
