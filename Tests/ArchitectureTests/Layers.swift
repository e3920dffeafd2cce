/// Who may import what: the layers of ARCHITECTURE.md, lowest first. A new target gets a line here, or the tests fail.
enum Layers {
    /// What every target above the pure layers may use of the platform: no Foundation there, so that nothing on the hot path
    /// allocates behind our back, and so that the engine starts fast and stays small.
    private static let platform: Set = ["Glibc", "Synchronization"]
    private static let engine: Set = ["StockCore", "StockWire", "StockStream"]

    /// The Swift targets below `Sources/` and every module that each may import.
    static let allowedImports: [String: Set<String>] = [
        "StockCore": [],
        "StockWire": ["StockCore"],
        "StockStream": ["StockCore", "StockWire"],
        "StockSim": engine,
        "Telemetry": platform,
        "NearestName": [],
        "CommandLineParser": platform.union(["NearestName"]),
        "YAML": ["CYAML"],
        "Configuration": platform.union(["NearestName", "YAML"]),
        "StockCase": engine.union(["YAML", "NearestName"]),
        "KafkaAdapter": platform.union(engine).union(["Telemetry", "CLibrdkafka"]),
        "RedisAdapter": platform.union(engine).union(["Telemetry", "CHiredis"]),
        "ZoneFiles": platform.union(["StockCore", "StockWire"]),
        "HTTPAdapter": platform.union(["Telemetry", "CMicrohttpd"]),
        "stockstream": platform.union(engine).union([
            "StockSim", "StockCase", "Telemetry", "NearestName", "CommandLineParser", "YAML", "Configuration", "KafkaAdapter",
            "RedisAdapter", "HTTPAdapter", "ZoneFiles", "Foundation", "Dispatch",
        ]),
    ]

    /// The targets that hold C code or wrap a C library, each with the only Swift target that may import it.
    static let importerOfC: [String: String] = [
        "CLibrdkafka": "KafkaAdapter",
        "CHiredis": "RedisAdapter",
        "CYAML": "YAML",
        "CMicrohttpd": "HTTPAdapter",
    ]

    /// Modules that only the executable may import.
    static let onlyInExecutable: Set = ["Foundation", "FoundationNetworking", "FoundationXML", "Dispatch"]

    /// The composition root.
    static let executable = "stockstream"
}
