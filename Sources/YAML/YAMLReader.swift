internal import CYAML

/// Reads one YAML document into a tree with libyaml's event parser.
///
/// Anchors, aliases, tags, merge keys and further documents are refused: a configuration needs none, and an alias of an alias is a small
/// file that becomes a large tree.
public struct YAMLReader: ~Copyable {
    /// The largest text in bytes.
    public static let maxBytes = 1 << 20
    /// How deep lists and mappings may be nested.
    public static let maxDepth = 16

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var depth = 0

    /// The document's root; nil where the text holds nothing but comments.
    public static func read(_ text: [UInt8]) throws(YAMLError) -> YAMLNode? {
        guard text.count <= maxBytes else { throw YAMLError(position: nil, reason: "the text has more than \(maxBytes) bytes") }
        let result: Result<YAMLNode?, YAMLError> = text.withUnsafeBufferPointer { bytes in
            var reader = YAMLReader()
            yaml_parser_set_encoding(reader.parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(reader.parser, bytes.baseAddress ?? UnsafePointer(bitPattern: 1), bytes.count)
            do throws(YAMLError) {
                return .success(try reader.readStream())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init() {
        parser = .allocate(capacity: 1)
        let isReady = yaml_parser_initialize(parser)
        precondition(isReady == 1, "libyaml has no memory")
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    // MARK: Events

    /// What of an event the tree needs; the event itself is given back to libyaml at once.
    private enum Event {
        case scalar(String, isPlain: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
        case documentStart, documentEnd, streamEnd, other
    }

    private mutating func next() throws(YAMLError) -> (Event, SourcePosition) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { yaml_event_delete(&event) }
        let position = YAMLReader.position(event.start_mark)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            try refuse(anchor: scalar.anchor, tag: scalar.tag, at: position)
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return (.scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), position)
        case YAML_SEQUENCE_START_EVENT:
            try refuse(anchor: event.data.sequence_start.anchor, tag: event.data.sequence_start.tag, at: position)
            return (.sequenceStart, position)
        case YAML_MAPPING_START_EVENT:
            try refuse(anchor: event.data.mapping_start.anchor, tag: event.data.mapping_start.tag, at: position)
            return (.mappingStart, position)
        case YAML_ALIAS_EVENT: throw YAMLError(position: position, reason: "aliases are not supported")
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, position)
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, position)
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, position)
        case YAML_DOCUMENT_END_EVENT: return (.documentEnd, position)
        case YAML_STREAM_END_EVENT: return (.streamEnd, position)
        default: return (.other, position)
        }
    }

    private func refuse(anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?, at position: SourcePosition)
        throws(YAMLError)
    {
        if anchor != nil { throw YAMLError(position: position, reason: "anchors are not supported") }
        if tag != nil { throw YAMLError(position: position, reason: "tags are not supported") }
    }

    private func failure() -> YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "unreadable"
        if parser.pointee.error == YAML_READER_ERROR {
            return YAMLError(position: nil, reason: "not valid UTF-8 text at byte \(parser.pointee.problem_offset): \(problem)")
        }
        let context = parser.pointee.context.map { " " + String(cString: $0) } ?? ""
        return YAMLError(position: YAMLReader.position(parser.pointee.problem_mark), reason: problem + context)
    }

    private static func position(_ mark: yaml_mark_t) -> SourcePosition {
        SourcePosition(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    // MARK: Tree

    private mutating func readStream() throws(YAMLError) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let (event, position) = try next()
            switch event {
            case .documentStart:
                guard root == nil else { throw YAMLError(position: position, reason: "only one document is supported") }
            case .documentEnd, .other: break
            case .streamEnd: return root
            case .scalar, .sequenceStart, .mappingStart: root = try readNode(event, position)
            case .sequenceEnd, .mappingEnd: preconditionFailure("libyaml ends what it did not begin")
            }
        }
    }

    private mutating func readNode(_ event: Event, _ position: SourcePosition) throws(YAMLError) -> YAMLNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= YAMLReader.maxDepth else {
            throw YAMLError(position: position, reason: "nested more than \(YAMLReader.maxDepth) deep")
        }
        switch event {
        case .scalar(let text, let isPlain): return YAMLNode(content: .scalar(text, isPlain: isPlain), position: position)
        case .sequenceStart: return YAMLNode(content: .sequence(try readItems()), position: position)
        case .mappingStart: return YAMLNode(content: .mapping(try readEntries()), position: position)
        case .sequenceEnd, .mappingEnd, .documentStart, .documentEnd, .streamEnd, .other:
            preconditionFailure("a value begins with none of these")
        }
    }

    private mutating func readItems() throws(YAMLError) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let (event, position) = try next()
            if case .sequenceEnd = event { return items }
            items.append(try readNode(event, position))
        }
    }

    private mutating func readEntries() throws(YAMLError) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var firstLines: [String: Int] = [:]
        while true {
            let (event, position) = try next()
            if case .mappingEnd = event { return entries }
            guard case .scalar(let key, _) = event else { throw YAMLError(position: position, reason: "a key must be text") }
            if key == "<<" { throw YAMLError(position: position, reason: "merge keys are not supported") }
            if let line = firstLines.updateValue(position.line, forKey: key) {
                throw YAMLError(position: position, reason: "the key \(key) is there twice; the first is in line \(line)")
            }
            let (value, valuePosition) = try next()
            entries.append(YAMLNode.Entry(key: key, position: position, value: try readNode(value, valuePosition)))
        }
    }
}
