/// Writes structured lines to a sink: JSON objects or text, one line each, from any thread.
///
/// A logger is a small value; `adding` makes one that carries more fields. It takes a lock and allocates for a line that is written, so
/// it has no place where records are processed: count there, and log a summary outside.
public struct Logger: Sendable {
    /// Lines that matter less than this are not made.
    public let level: LogLevel
    /// Where lines go.
    public let sink: LogSink
    private let context: [LogField]

    /// A logger without context that writes lines of `level` and above to `sink`.
    public init(level: LogLevel, sink: LogSink) {
        self.init(level: level, sink: sink, context: [])
    }

    /// A logger without context that writes to standard error.
    public init(level: LogLevel = .info, format: LogFormat = .text) {
        self.init(level: level, sink: LogSink.standardError(format: format))
    }

    /// A logger that writes nothing.
    public static let silent = Logger(level: .error, sink: LogSink(format: .text) { _ in true })

    private init(level: LogLevel, sink: LogSink, context: [LogField]) {
        self.level = level
        self.sink = sink
        self.context = context
    }

    /// A logger that adds these fields to every line. A field of the same name that is there already is replaced.
    public func adding(_ fields: KeyValuePairs<String, LogValue>) -> Logger {
        Logger(level: level, sink: sink, context: LogField.merge(context, fields))
    }

    /// Whether a line of this level would be written, where making its fields is dear.
    public func isEnabled(_ level: LogLevel) -> Bool { level <= self.level }

    /// Writes a line.
    ///
    /// With a `repeatKey` at most one line of that key is written in the sink's `repeatIntervalMilliseconds`; the next one that is
    /// written says in the field `suppressed` how many were left out. The key is shared by all loggers of the sink.
    public func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:],
        repeatKey: @autoclosure () -> String? = nil
    ) {
        guard isEnabled(level) else { return }
        sink.write(level, message(), LogField.merge(context, fields()), repeatKey: repeatKey())
    }

    /// Writes a line of level error; see `log`.
    public func error(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:],
        repeatKey: @autoclosure () -> String? = nil
    ) {
        log(.error, message(), fields(), repeatKey: repeatKey())
    }

    /// Writes a line of level warning; see `log`.
    public func warning(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:],
        repeatKey: @autoclosure () -> String? = nil
    ) {
        log(.warning, message(), fields(), repeatKey: repeatKey())
    }

    /// Writes a line of level notice; see `log`.
    public func notice(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:],
        repeatKey: @autoclosure () -> String? = nil
    ) {
        log(.notice, message(), fields(), repeatKey: repeatKey())
    }

    /// Writes a line of level info; see `log`.
    public func info(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:],
        repeatKey: @autoclosure () -> String? = nil
    ) {
        log(.info, message(), fields(), repeatKey: repeatKey())
    }

    /// Writes a line of level debug; see `log`.
    public func debug(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:],
        repeatKey: @autoclosure () -> String? = nil
    ) {
        log(.debug, message(), fields(), repeatKey: repeatKey())
    }
}

/// A named value of a line.
struct LogField: Sendable {
    /// Its name.
    var name: String
    /// Its value.
    var value: LogValue

    /// The context with the fields of the call, which win where a name is in both.
    static func merge(_ context: [LogField], _ fields: KeyValuePairs<String, LogValue>) -> [LogField] {
        var merged = context
        for (name, value) in fields {
            if let index = merged.firstIndex(where: { $0.name == name }) {
                merged[index].value = value
            } else {
                merged.append(LogField(name: name, value: value))
            }
        }
        return merged
    }
}
