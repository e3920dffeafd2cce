// swift-tools-version: 6.1
import PackageDescription

/// One set of compiler rules for every target.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .unsafeFlags(["-warnings-as-errors"]),
    // Tests run with the checks; a release that has passed them does not pay for each access to a property of a class.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// The layers of ARCHITECTURE.md, lowest first. Imports point down only; `ArchitectureTests` enforces it.
let package = Package(
    name: "StockStream",
    products: [
        .executable(name: "stockstream", targets: ["stockstream"]),
        // For the packages in benchmarks/.
        .library(name: "StockCore", targets: ["StockCore"]),
        .library(name: "StockWire", targets: ["StockWire"]),
        .library(name: "StockSim", targets: ["StockSim"]),
        .library(name: "StockStream", targets: ["StockStream"]),
        .library(name: "RedisAdapter", targets: ["RedisAdapter"]),
    ],
    targets: [
        .systemLibrary(name: "CLibrdkafka"),
        .systemLibrary(name: "CHiredis"),
        .systemLibrary(name: "CYAML"),
        .systemLibrary(name: "CMicrohttpd"),

        .target(name: "StockCore", swiftSettings: settings),
        .target(name: "StockWire", dependencies: ["StockCore"], swiftSettings: settings),
        .target(name: "StockStream", dependencies: ["StockCore", "StockWire"], swiftSettings: settings),
        .target(name: "StockSim", dependencies: ["StockCore", "StockWire", "StockStream"], swiftSettings: settings),
        .target(name: "Telemetry", swiftSettings: settings),
        .target(name: "NearestName", swiftSettings: settings),
        .target(name: "CommandLineParser", dependencies: ["NearestName"], swiftSettings: settings),
        .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: settings),
        .target(name: "Configuration", dependencies: ["YAML", "NearestName"], swiftSettings: settings),
        .target(
            name: "StockCase", dependencies: ["StockCore", "StockWire", "StockStream", "YAML", "NearestName"], swiftSettings: settings),
        .target(
            name: "KafkaAdapter", dependencies: ["StockCore", "StockWire", "StockStream", "Telemetry", "CLibrdkafka"],
            swiftSettings: settings),
        .target(
            name: "RedisAdapter", dependencies: ["StockCore", "StockStream", "Telemetry", "CHiredis"],
            swiftSettings: settings),
        .target(name: "ZoneFiles", dependencies: ["StockCore", "StockWire"], swiftSettings: settings),
        .target(name: "HTTPAdapter", dependencies: ["Telemetry", "CMicrohttpd"], swiftSettings: settings),
        .executableTarget(
            name: "stockstream",
            dependencies: [
                "StockCore", "StockWire", "StockStream", "StockSim", "StockCase", "Telemetry", "YAML", "Configuration", "KafkaAdapter",
                "RedisAdapter", "HTTPAdapter", "CommandLineParser", "ZoneFiles",
            ],
            // A link to topics/: the declarations are part of the program.
            resources: [.embedInCode("Topics"), .embedInCode("Scripts")],
            swiftSettings: settings),

        .testTarget(name: "StockCoreTests", dependencies: ["StockCore"], swiftSettings: settings),
        .testTarget(name: "StockWireTests", dependencies: ["StockWire", "StockCore"], swiftSettings: settings),
        .testTarget(
            name: "StockStreamTests", dependencies: ["StockStream", "StockSim", "StockWire", "StockCore", "ZoneFiles"],
            swiftSettings: settings),
        .testTarget(
            name: "StockSimTests", dependencies: ["StockSim", "StockStream", "StockWire", "StockCore", "ZoneFiles"],
            swiftSettings: settings),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry"], swiftSettings: settings),
        .testTarget(name: "CommandLineParserTests", dependencies: ["CommandLineParser"], swiftSettings: settings),
        .testTarget(name: "YAMLTests", dependencies: ["YAML"], swiftSettings: settings),
        .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "YAML"], swiftSettings: settings),
        .testTarget(
            name: "StockCaseTests", dependencies: ["StockCase", "StockWire", "StockCore", "ZoneFiles"],
            // Cases are data; the tests find them beside their source.
            swiftSettings: settings),
        .testTarget(
            name: "KafkaAdapterTests", dependencies: ["KafkaAdapter", "StockStream", "StockWire", "StockCore"], swiftSettings: settings),
        .testTarget(name: "RedisAdapterTests", dependencies: ["RedisAdapter", "StockStream", "StockCore"], swiftSettings: settings),
        .testTarget(name: "HTTPAdapterTests", dependencies: ["HTTPAdapter", "Telemetry"], swiftSettings: settings),
        .testTarget(name: "ArchitectureTests", swiftSettings: settings),
        .testTarget(
            name: "SystemTests",
            dependencies: ["stockstream", "StockSim", "KafkaAdapter", "RedisAdapter", "StockStream", "StockWire", "StockCore"],
            // Scripts for Python, which has a Kafka client that nobody here wrote, and a C library that is preloaded into an engine.
            exclude: ["Clients"], swiftSettings: settings),
    ]
)
