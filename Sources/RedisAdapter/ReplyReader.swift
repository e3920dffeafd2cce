internal import CHiredis

/// The reply that was read last, flattened: nested elements in the order in which they came.
///
/// hiredis builds a tree of small allocations per reply; a batch of 512 SKUs is answered by thousands of them. Its reader calls this
/// instead, which reuses its memory.
final class Reply {
    enum Kind { case status, error, integer, bulk, null, array }

    /// What the outermost reply is.
    fileprivate(set) var kind = Kind.null
    /// The elements of the outermost array.
    fileprivate(set) var elements = 0
    /// Every integer, in order.
    fileprivate(set) var integers: [Int64] = []
    /// How many strings and nulls there are.
    var strings: Int { spans.count }
    /// How many errors there are, the outermost and the nested.
    fileprivate(set) var errors = 0
    /// The text of the first error.
    fileprivate(set) var firstError = ""

    private var bytes: [UInt8] = []
    /// Where each string lies in `bytes`; nil for a null.
    private var spans: [Range<Int>?] = []

    fileprivate func begin(_ kind: Kind) {
        self.kind = kind
        elements = 0
        errors = 0
        integers.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        spans.removeAll(keepingCapacity: true)
    }

    fileprivate func append(_ text: UnsafeRawBufferPointer) {
        let start = bytes.count
        bytes.append(contentsOf: text)
        spans.append(start..<bytes.count)
    }

    fileprivate func appendNull() { spans.append(nil) }

    fileprivate func appendError(_ text: UnsafeRawBufferPointer) {
        if errors == 0 { firstError = String(decoding: text, as: UTF8.self) }
        errors += 1
    }

    /// The bytes of a string; nil for a null or where there are fewer strings.
    func bytes(at index: Int) -> ArraySlice<UInt8>? {
        guard index < spans.count, let span = spans[index] else { return nil }
        return bytes[span]
    }

    /// A string as text; nil for a null or where there are fewer strings.
    func text(at index: Int) -> String? { bytes(at: index).map { String(decoding: $0, as: UTF8.self) } }

    /// A string as a number; nil where it is not one.
    func number(at index: Int) -> Int64? { text(at: index).flatMap { Int64($0) } }

    /// The index of the string with these bytes.
    func index(of name: StaticString) -> Int? {
        let wanted = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return spans.firstIndex { span in span.map { bytes[$0].elementsEqual(wanted) } ?? false }
    }
}

/// The functions that hiredis' reader calls for each element. Replies are kept by a `Reply`, so the "object" is a mark that is not null.
enum ReplyFunctions {
    /// Makes the reader of a context fill `reply`. The caller keeps `reply` and `functions` alive as long as the reader.
    static func install(
        _ reply: Reply, in reader: UnsafeMutablePointer<redisReader>, functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    ) {
        functions.initialize(to: redisReplyObjectFunctions())
        functions.pointee.createString = { task, text, length in
            let bytes = UnsafeRawBufferPointer(start: text, count: length)
            ReplyFunctions.withReply(task) { reply, type, isOutermost in
                if isOutermost { reply.begin(type == REDIS_REPLY_ERROR ? .error : type == REDIS_REPLY_STATUS ? .status : .bulk) }
                if type == REDIS_REPLY_ERROR { reply.appendError(bytes) } else { reply.append(bytes) }
            }
            return ReplyFunctions.mark
        }
        functions.pointee.createArray = { task, count in
            ReplyFunctions.withReply(task) { reply, _, isOutermost in
                guard isOutermost else { return }
                reply.begin(.array)
                reply.elements = Int(count)
            }
            return ReplyFunctions.mark
        }
        functions.pointee.createInteger = { task, value in
            ReplyFunctions.withReply(task) { reply, _, isOutermost in
                if isOutermost { reply.begin(.integer) }
                reply.integers.append(Int64(value))
            }
            return ReplyFunctions.mark
        }
        functions.pointee.createNil = { task in
            ReplyFunctions.withReply(task) { reply, _, isOutermost in
                if isOutermost { reply.begin(.null) }
                reply.appendNull()
            }
            return ReplyFunctions.mark
        }
        functions.pointee.freeObject = { _ in }
        reader.pointee.fn = functions
        reader.pointee.privdata = Unmanaged.passUnretained(reply).toOpaque()
        reader.pointee.maxbuf = 0  // keep the buffer instead of giving it back above 16 KiB
    }

    private static var mark: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: 1) }

    private static func withReply(_ task: UnsafePointer<redisReadTask>?, _ body: (Reply, Int32, Bool) -> Void) {
        guard let task, let owner = task.pointee.privdata else { return }
        body(Unmanaged<Reply>.fromOpaque(owner).takeUnretainedValue(), task.pointee.type, task.pointee.parent == nil)
    }
}
