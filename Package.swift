// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is held to the same language rules; a warning is an error.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// One Swift module of the package, in `Sources/<name>`.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A program that runs one document from top to bottom, in `Examples/<name>`, as a user of the library would write it.
func example(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name, dependencies: ["Lockstep"] + dependencies, path: "Examples/\(name)", swiftSettings: strict)
}

/// The tests of one module, in `Tests/<name>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
    name: "lockstep",
    products: [
        .library(name: "Lockstep", targets: ["Lockstep"]),
        .executable(name: "lockstep", targets: ["LockstepMain"]),
        .executable(name: "parity", targets: ["Parity"]),
        .executable(name: "fuzz", targets: ["Fuzz"]),
        .executable(name: "bench", targets: ["BenchmarkRunner"]),
        .executable(name: "workloads", targets: ["workloads"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ],
    targets: [
        // The system's C libraries.
        .systemLibrary(name: "COpenBLAS"),
        .systemLibrary(name: "CZeroMQ"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CCrypto"),
        // Our own C: generated messages and vector kernels.
        .target(name: "CLockstepWire", linkerSettings: [.linkedLibrary("protobuf-c")]),
        .target(name: "CLockstepEvents", linkerSettings: [.linkedLibrary("protobuf-c")]),
        .target(name: "CLockstepSystem"),
        .target(name: "CLockstepKernels", linkerSettings: [.linkedLibrary("m")]),
        // What threads share.
        module("LockstepLocking", []),
        // Numbers.
        module("LockstepTensor", ["COpenBLAS", "CLockstepKernels", "LockstepLocking"]),
        module("LockstepNN", ["LockstepTensor"]),
        module("LockstepOptim", ["LockstepTensor"]),
        module("LockstepData", ["LockstepTensor", "LockstepFormats", "CZlib"]),
        module("LockstepFormats", ["LockstepTensor", "CLockstepEvents", "CCrypto", "CZlib"]),
        module("LockstepPlot", ["LockstepTensor", "LockstepFormats", "CLockstepSystem"]),
        // Messages.
        module("LockstepWire", ["CLockstepWire"]),
        module("LockstepTransport", ["LockstepWire", "LockstepLocking", "CZeroMQ", "CLockstepSystem"]),
        // Training, on one process and on many.
        module(
            "LockstepTraining",
            [
                "LockstepTensor", "LockstepNN", "LockstepOptim", "LockstepData", "LockstepFormats", "LockstepLocking",
            ]),
        module(
            "LockstepCluster",
            [
                "LockstepTraining", "LockstepTransport", "LockstepWire", "LockstepTensor", "LockstepFormats",
                "LockstepLocking", "CLockstepSystem",
                logging, subprocess, systemPackage,
            ]),
        module(
            "LockstepCommand",
            [
                "LockstepCluster", "LockstepTraining", "LockstepTransport", "LockstepData", "LockstepFormats",
                "LockstepOptim", "LockstepPlot",
                "LockstepTensor", "CLockstepSystem", arguments, logging,
            ]),
        module(
            "Lockstep",
            [
                "LockstepCommand", "LockstepCluster", "LockstepTraining", "LockstepData", "LockstepFormats",
                "LockstepNN",
                "LockstepOptim", "LockstepPlot", "LockstepTensor",
            ]),
        .executableTarget(name: "LockstepMain", dependencies: ["LockstepCommand"], swiftSettings: strict),
        // Compares operators with PyTorch's results, by the command `parity` and in tests.
        module("ParityRunner", ["LockstepTensor", "LockstepFormats"]),
        .executableTarget(name: "Parity", dependencies: ["ParityRunner"], swiftSettings: strict),
        // Gives the decoders inputs that are almost right: `make fuzz`.
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "LockstepWire", "LockstepTransport", "LockstepFormats", "LockstepData", "LockstepTraining",
                "LockstepOptim",
                "LockstepTensor", arguments,
            ], swiftSettings: strict),
        // Measures Lockstep, and PyTorch next to it: `make bench`.
        .executableTarget(
            name: "BenchmarkRunner",
            dependencies: [
                "LockstepTraining", "LockstepData", "LockstepFormats", "LockstepPlot", subprocess, systemPackage,
                arguments,
            ],
            path: "Benchmarks/Runner", swiftSettings: strict),
        // Measures training steps of a single process.
        .executableTarget(
            name: "workloads", dependencies: ["LockstepNN", "LockstepOptim", "LockstepTensor", arguments],
            path: "Benchmarks/Workloads", swiftSettings: strict),
        // Examples; Examples/OwnModel is a package of its own, as a user's is.
        example("EssentialSkills", [arguments]),
        example("QuickStart", [arguments]),
        example("Regression", [arguments]),
        example("SevenWays", [arguments]),
        example("TensorsAndAutograd"),
        // Tests, one target a module, and what reads the figures that scripts/fixtures made with PyTorch.
        .target(name: "FixtureReader", path: "Tests/FixtureReader", swiftSettings: strict),
        // What tests of several targets need: folders, random numbers, Python to compare with.
        .target(name: "TestSupport", dependencies: [subprocess], path: "Tests/TestSupport", swiftSettings: strict),
        tests("Documentation", ["TestSupport"]),
        tests(
            "LockstepTensor", ["LockstepTensor", "CLockstepKernels", "FixtureReader"], resources: [.copy("Fixtures")]),
        tests(
            "LockstepNN", ["LockstepNN", "LockstepTensor", "LockstepFormats", "FixtureReader", "TestSupport"],
            resources: [.copy("Fixtures")]),
        tests(
            "LockstepOptim", ["LockstepOptim", "LockstepNN", "LockstepTensor", "CLockstepKernels", "FixtureReader"],
            resources: [.copy("Fixtures")]),
        tests("LockstepData", ["LockstepData", "LockstepTensor", "LockstepFormats", "CZlib", "TestSupport"]),
        tests("LockstepFormats", ["LockstepFormats", "LockstepTensor", "TestSupport"]),
        tests("LockstepPlot", ["LockstepPlot", "LockstepFormats", "LockstepTensor", "TestSupport"]),
        tests("LockstepWire", ["LockstepWire", "CLockstepWire", subprocess]),
        tests(
            "LockstepTransport",
            ["LockstepTransport", "LockstepWire", "CZeroMQ", "CLockstepSystem", "TestSupport"]),
        tests(
            "LockstepTraining",
            [
                "LockstepTraining", "LockstepTensor", "LockstepNN", "LockstepOptim", "LockstepData", "LockstepFormats",
                "TestSupport",
            ]),
        tests(
            "LockstepCluster",
            [
                "LockstepCluster", "LockstepTraining", "LockstepTransport", "LockstepWire", "LockstepTensor",
                "LockstepNN", "LockstepOptim", "LockstepData", "LockstepFormats", "LockstepLocking", logging,
                "TestSupport",
            ]),
        tests(
            "LockstepCommand",
            [
                "LockstepFormats", "LockstepLocking", "LockstepTensor", "CZeroMQ", subprocess, systemPackage,
                "TestSupport",
            ]),
        tests("BenchmarkRunner", ["BenchmarkRunner", "TestSupport"]),
        tests("Fuzz", ["Fuzz", subprocess, systemPackage]),
        tests(
            "Examples",
            [
                "EssentialSkills", "QuickStart", "Regression", "SevenWays", "TensorsAndAutograd", "FixtureReader",
                "TestSupport", subprocess, systemPackage,
            ], resources: [.copy("Fixtures")]),
        tests("Parity", ["ParityRunner"], resources: [.copy("Fixtures")]),
    ]
)

// `make sanitize` builds what it runs, and neither other tests nor examples: two builds more are long enough.
if Context.environment["LOCKSTEP_SANITIZE"] != nil {
    let tests = ["LockstepTransportTests", "LockstepClusterTests", "LockstepCommandTests"]
    package.targets.removeAll {
        $0.type == .test && !tests.contains($0.name) || $0.type == .executable && $0.name != "LockstepMain"
    }
    package.targets.removeAll { ["ParityRunner", "FixtureReader"].contains($0.name) }
    package.products.removeAll { !["Lockstep", "lockstep"].contains($0.name) }
}
