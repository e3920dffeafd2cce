/// Writes metrics in Prometheus' text format 0.0.4.
///
/// Samples may come in any order; those of one name are written together under one HELP and TYPE line, names in the order of their first
/// sample. Of a series that is given twice the last sample counts: two workers may both report a partition that moves from one to the
/// other. A name or label that the format does not allow, a counter whose name does not end in `_total`, and another type or help for a
/// name that is there are programming errors.
public struct MetricsText: Sendable {
    /// The content type of the answer to a scrape.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The name and value of a label. Names begin with a letter or underscore, values are free. Never a SKU, order or lot: each value is
    /// a series for ever.
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

    /// Adds a histogram. The bounds rise strictly, the counts never fall, and `count` is at or above the last; the `+Inf` bucket is added
    /// here.
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
        let inner = plain.isEmpty ? "" : plain + ","
        var lines = ""
        for bucket in buckets {
            lines += "\(name)_bucket{\(inner)le=\"\(MetricsText.format(bucket.upperBound))\"} \(bucket.cumulativeCount)\n"
        }
        lines += "\(name)_bucket{\(inner)le=\"+Inf\"} \(count)\n"
        let suffix = plain.isEmpty ? "" : "{\(plain)}"
        lines += "\(name)_sum\(suffix) \(MetricsText.format(sum))\n\(name)_count\(suffix) \(count)\n"
        families[index].put(plain, lines)
    }

    /// The whole text, every line ended by a line feed.
    public func render() -> [UInt8] {
        var bytes: [UInt8] = []
        for family in families {
            bytes.append(contentsOf: "# HELP \(family.name) \(MetricsText.escapeHelp(family.help))\n".utf8)
            bytes.append(contentsOf: "# TYPE \(family.name) \(family.kind.rawValue)\n".utf8)
            for lines in family.lines { bytes.append(contentsOf: lines.utf8) }
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
        /// The lines of each series, and where those of a series are.
        var lines: [String] = []
        var indexByLabels: [String: Int] = [:]

        mutating func put(_ labels: String, _ text: String) {
            if let index = indexByLabels[labels] {
                lines[index] = text
            } else {
                indexByLabels[labels] = lines.count
                lines.append(text)
            }
        }
    }

    private mutating func add(_ name: String, _ help: String, _ kind: Kind, _ labels: Labels, _ value: String) {
        let index = family(name, help, kind)
        let plain = MetricsText.format(labels)
        families[index].put(plain, plain.isEmpty ? "\(name) \(value)\n" : "\(name){\(plain)} \(value)\n")
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
