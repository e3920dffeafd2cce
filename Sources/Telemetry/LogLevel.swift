/// How much a line of the log matters. Lower raw values matter more.
public enum LogLevel: Int, Sendable, CaseIterable, Comparable {
    /// Somebody must act.
    case error
    /// Something is off that may heal by itself.
    case warning
    /// A change of state that an operator wants to see: start, stop, assignment.
    case notice
    /// What normally happens, seldom.
    case info
    /// For people who look for a fault.
    case debug

    /// The level's name as it is configured and printed.
    public var name: String {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .notice: "notice"
        case .info: "info"
        case .debug: "debug"
        }
    }

    /// The level of that name; nil where there is none.
    public init?(name: String) {
        guard let level = LogLevel.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    /// Whether `left` matters more than `right`.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// How a line of the log looks.
public enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line, for machines.
    case json
    /// Time, level, message, and `name=value` pairs, for people.
    case text
}

/// The value of a field of a log line.
public enum LogValue: Sendable, Equatable {
    /// Text.
    case string(String)
    /// A whole number.
    case integer(Int64)
    /// A number with a fraction; not-a-number and the infinities are printed as text, since JSON has none.
    case number(Double)
    /// A yes or no.
    case bool(Bool)

    /// Any whole number; one beyond Int64 is kept as text.
    public static func int(_ value: some BinaryInteger) -> LogValue {
        if let exact = Int64(exactly: value) { return .integer(exact) }
        return .string(String(value))
    }

    /// Whatever describes itself, such as an error.
    public static func describing(_ value: some Any) -> LogValue { .string(String(describing: value)) }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// A literal text.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension LogValue: ExpressibleByIntegerLiteral {
    /// A literal whole number.
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension LogValue: ExpressibleByFloatLiteral {
    /// A literal number with a fraction.
    public init(floatLiteral value: Double) { self = .number(value) }
}

extension LogValue: ExpressibleByBooleanLiteral {
    /// A literal yes or no.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
