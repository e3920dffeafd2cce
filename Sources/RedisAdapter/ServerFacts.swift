/// What INFO says that matters to the view.
struct ServerFacts: Equatable {
    /// Identifies the run of the server: another one after each restart.
    var runID = ""
    /// Keys removed by `maxmemory` since that run began.
    var evictedKeys: Int64 = 0
    /// The eviction policy.
    var policy = "noeviction"
    /// `master` or `slave`.
    var role = "master"

    init() {}

    /// From the text of INFO: lines of `name:value`, CR LF at their ends, `#` before a section's name.
    init(info: ArraySlice<UInt8>) {
        for line in info.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
            switch String(decoding: line[..<colon], as: UTF8.self) {
            case "run_id": runID = value
            case "evicted_keys": evictedKeys = Int64(value) ?? 0
            case "maxmemory_policy": policy = value
            case "role": role = value
            default: break
            }
        }
    }

    /// Whether keys that have no expiry, such as ours, are evicted.
    var evictsOurKeys: Bool { policy.hasPrefix("allkeys-") }
}
