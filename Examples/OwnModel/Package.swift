// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "own-model",
    // In a package of your own: .package(url: "<where you got Lockstep from>", from: "0.1.0")
    dependencies: [.package(name: "lockstep", path: "../..")],
    targets: [
        .executableTarget(name: "OwnModel", dependencies: [.product(name: "Lockstep", package: "lockstep")])
    ]
)
