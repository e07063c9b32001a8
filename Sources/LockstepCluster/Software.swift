/// This software.
public enum Software {
    /// Its version, which `lockstep --version` prints and workers tell when they join.
    public static let version = "0.1.0"
}
