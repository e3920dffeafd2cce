// swift-tools-version: 6.1
import PackageDescription

/// Measurements that are no part of the product: `swift run -c release --package-path benchmarks wire-benchmark`.
let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "StockStream", path: "..")],
    targets: [
        // The peer in the comparison: libsimdjson-dev behind a C interface. Not used by the product.
        .target(
            name: "CSimdjson", cxxSettings: [.unsafeFlags(["-O3", "-march=native"])],
            linkerSettings: [.linkedLibrary("simdjson"), .linkedLibrary("stdc++")]),
        .target(name: "CAllocationCounter"),
        .target(name: "Samples", dependencies: [.product(name: "StockCore", package: "StockStream")]),
        .executableTarget(
            name: "wire-benchmark",
            dependencies: [
                "CSimdjson", "CAllocationCounter", "Samples", .product(name: "StockCore", package: "StockStream"),
                .product(name: "StockWire", package: "StockStream"),
            ]),
        .executableTarget(
            name: "core-benchmark", dependencies: ["CAllocationCounter", "Samples", .product(name: "StockCore", package: "StockStream")]),
        .executableTarget(
            name: "path-benchmark",
            dependencies: [
                "CAllocationCounter", "Samples", .product(name: "StockCore", package: "StockStream"),
                .product(name: "StockWire", package: "StockStream"), .product(name: "StockSim", package: "StockStream"),
            ]),
        .executableTarget(
            name: "view-benchmark",
            dependencies: [
                .product(name: "StockCore", package: "StockStream"), .product(name: "StockStream", package: "StockStream"),
                .product(name: "RedisAdapter", package: "StockStream"),
            ]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
