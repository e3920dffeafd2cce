/// A text as a JSON string, with its quotes. Control characters and line separators are escaped, everything else stays.
public func quoteJSON(_ text: String) -> String {
    var line = LogLine()
    line.appendJSON(text, limit: text.utf8.count * 6)
    return String(decoding: line.bytes, as: UTF8.self)
}
