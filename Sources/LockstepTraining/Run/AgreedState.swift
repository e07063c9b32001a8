internal import LockstepFormats

/// A state whose image has been found to be what whoever trains has agreed on: the only thing that is written as a checkpoint.
///
/// Workers compare digests of what they hold, but the image of a state is a copy that only one of them makes. A bit that flips in that
/// copy before its SHA-256 is made would go to disk with a SHA-256 that fits. So the digest is made of the image once more, by whoever
/// writes it, and compared with what was agreed on before.
public struct AgreedState: Sendable {
    /// How many images of a state may be damaged in a row. One is chance; three are memory that cannot be worked with.
    package static let mostDamaged = 3

    /// What the image holds. Written again it is the same bytes.
    let checkpoint: Checkpoint

    /// Takes `image` for the state with the digest that was agreed on, of a run with these settings.
    ///
    /// Throws where it is anything else.
    public init(image: [UInt8], digest: String, settings: RunSettings) throws(StateDamage) {
        let place = "its image"
        let differences: [String]
        do {
            checkpoint = try Checkpoint(Safetensors(parsing: image, name: place), from: place)
            differences = try checkpoint.differences(from: settings)
        } catch {
            throw StateDamage(reason: "\(error)")
        }
        let found = checkpoint.stateDigest
        guard found == digest else {
            throw StateDamage(reason: "\(place) has the digest \(found), but \(digest) was agreed on")
        }
        // What a flipped bit makes of a header may mean the same; it is no less damaged. Behind it are elements alone, which the digest
        // is of, every one.
        guard image.starts(with: checkpoint.file.header) else {
            throw StateDamage(reason: "\(place) is not written as this software writes it")
        }
        guard differences.isEmpty else {
            throw StateDamage(
                reason: "\(place) has other settings than the run: \(differences.joined(separator: "; "))")
        }
    }
}

/// How a state's image differs from what it should be: most likely by bits that have flipped in somebody's memory.
public struct StateDamage: Error {
    /// What was found, and what was expected.
    public let reason: String
}
