/// Writes metrics in Prometheus' text format 0.0.4.
///
/// Samples may come in any order; those of one name are written together under one HELP and TYPE line, names in the order of their first sample. A name or
/// label that the format does not allow, a counter whose name does not end in `_total`, another type or help for a name that is there, and a series that is
/// there already are programming errors.
public struct MetricsText: Sendable {
    /// The content type of the answer to a scrape.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The name and value of a label. Names begin with a letter or underscore, values are free. Never a SKU, order or lot: each value is a series for ever.
    public typealias Labels = KeyValuePairs<String, String>

    private var families: [Family] = []
    private var indexByName: [String: Int] = [:]

    /// A writer without samples.
    public init() {}

    /// Adds a counter, which only grows while the process lives. Its name ends in `_total`.
    public mutating func counter(_ name: String, help: String, labels: Labels = [:], _ value: some BinaryInteger) {
        precondition(name.hasSuffix("_total"), "a counter's name ends in _total")
        add(name, help, .counter, labels, String(value))
    }

    /// Adds a counter of a quantity with a fraction, such as seconds.
    public mutating func counter(_ name: String, help: String, labels: Labels = [:], _ value: Double) {
        precondition(name.hasSuffix("_total"), "a counter's name ends in _total")
        add(name, help, .counter, labels, MetricsText.format(value))
    }

    /// Adds a gauge, which goes up and down.
    public mutating func gauge(_ name: String, help: String, labels: Labels = [:], _ value: some BinaryInteger) {
        add(name, help, .gauge, labels, String(value))
    }

    /// Adds a gauge with a fraction.
    public mutating func gauge(_ name: String, help: String, labels: Labels = [:], _ value: Double) {
        add(name, help, .gauge, labels, MetricsText.format(value))
    }

    /// One bucket of a histogram: how many observations were at or below the bound.
    public struct Bucket: Sendable {
        /// The upper bound, inclusive, in the metric's unit; finite.
        public var upperBound: Double
        /// Observations at or below it, those of lower buckets included.
        public var cumulativeCount: UInt64

        /// A bucket.
        public init(upperBound: Double, cumulativeCount: UInt64) {
            self.upperBound = upperBound
            self.cumulativeCount = cumulativeCount
        }
    }

    /// Adds a histogram. The bounds rise strictly, the counts never fall, and `count` is at or above the last; the `+Inf` bucket is added here.
    public mutating func histogram(
        _ name: String, help: String, labels: Labels = [:], buckets: [Bucket], count: UInt64, sum: Double
    ) {
        var last: Bucket?
        for bucket in buckets {
            precondition(bucket.upperBound.isFinite, "the +Inf bucket is added by the writer")
            if let last {
                precondition(bucket.upperBound > last.upperBound, "bounds rise")
                precondition(bucket.cumulativeCount >= last.cumulativeCount, "counts are cumulative")
            }
            last = bucket
        }
        precondition(count >= last?.cumulativeCount ?? 0, "the count covers every bucket")
        precondition(!labels.contains { $0.key == "le" }, "le is the bucket's own label")
        let index = family(name, help, .histogram)
        let plain = MetricsText.format(labels)
        register(plain, index)
        let inner = plain.isEmpty ? "" : plain + ","
        for bucket in buckets {
            families[index].lines += "\(name)_bucket{\(inner)le=\"\(MetricsText.format(bucket.upperBound))\"} \(bucket.cumulativeCount)\n"
        }
        families[index].lines += "\(name)_bucket{\(inner)le=\"+Inf\"} \(count)\n"
        let suffix = plain.isEmpty ? "" : "{\(plain)}"
        families[index].lines += "\(name)_sum\(suffix) \(MetricsText.format(sum))\n\(name)_count\(suffix) \(count)\n"
    }

    /// The whole text, every line ended by a line feed.
    public func render() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(families.reduce(0) { $0 + $1.lines.utf8.count + $1.help.utf8.count + 64 })
        for family in families {
            bytes.append(contentsOf: "# HELP \(family.name) \(MetricsText.escapeHelp(family.help))\n".utf8)
            bytes.append(contentsOf: "# TYPE \(family.name) \(family.kind.rawValue)\n".utf8)
            bytes.append(contentsOf: family.lines.utf8)
        }
        return bytes
    }
}

// MARK: - Families

extension MetricsText {
    private enum Kind: String {
        case counter, gauge, histogram
    }

    private struct Family {
        var name: String
        var help: String
        var kind: Kind
        var series: Set<String> = []
        var lines = ""
    }

    private mutating func add(_ name: String, _ help: String, _ kind: Kind, _ labels: Labels, _ value: String) {
        let index = family(name, help, kind)
        let plain = MetricsText.format(labels)
        register(plain, index)
        families[index].lines += plain.isEmpty ? "\(name) \(value)\n" : "\(name){\(plain)} \(value)\n"
    }

    private mutating func family(_ name: String, _ help: String, _ kind: Kind) -> Int {
        if let index = indexByName[name] {
            precondition(families[index].kind == kind, "one type a name")
            precondition(families[index].help == help, "one help text a name")
            return index
        }
        precondition(MetricsText.isName(name, colons: true), "not a metric name")
        indexByName[name] = families.count
        families.append(Family(name: name, help: help, kind: kind))
        return families.count - 1
    }

    private mutating func register(_ labels: String, _ index: Int) {
        let (isNew, _) = families[index].series.insert(labels)
        precondition(isNew, "one sample a series")
    }

    // MARK: Text

    private static func isName(_ name: String, colons: Bool) -> Bool {
        var isFirst = true
        for byte in name.utf8 {
            let isLetter = (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
            let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            guard isLetter || (colons && byte == UInt8(ascii: ":")) || (isDigit && !isFirst) else { return false }
            isFirst = false
        }
        return !isFirst
    }

    private static func format(_ labels: Labels) -> String {
        var text = ""
        for (name, value) in labels {
            precondition(isName(name, colons: false) && !name.hasPrefix("__"), "not a label name")
            if !text.isEmpty { text += "," }
            text += "\(name)=\"\(escapeLabel(value))\""
        }
        return text
    }

    private static func format(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return String(value)
    }

    private static func escapeLabel(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func escapeHelp(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
