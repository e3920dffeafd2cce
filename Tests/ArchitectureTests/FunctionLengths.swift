extension SwiftSource {
    /// A function, initialiser or accessor-like declaration with a body.
    struct Function {
        /// Its name, or `init`, `deinit`, `subscript`.
        var name: String
        /// The line of its name, counted from 1.
        var line: Int
        /// Lines from there to the closing brace, both included.
        var length: Int
    }

    /// Every function that has a body.
    var functions: [Function] {
        let tokens = Token.all(of: code)
        let requirements = Self.bodiesOfProtocols(tokens)
        var found: [Function] = []
        for (index, token) in tokens.enumerated() {
            guard Self.isDeclaration(tokens, index), !requirements.contains(where: { $0.contains(index) }) else { continue }
            guard let opening = Self.openingBrace(tokens, after: index), let closing = Self.closingBrace(tokens, of: opening) else {
                continue
            }
            let name = token.text == "func" && index + 1 < tokens.count ? tokens[index + 1].text : token.text
            found.append(Function(name: name, line: token.line, length: tokens[closing].line - token.line + 1))
        }
        return found
    }

    private static func isDeclaration(_ tokens: [Token], _ index: Int) -> Bool {
        let before = index > 0 ? tokens[index - 1].text : ""
        let after = index + 1 < tokens.count ? tokens[index + 1].text : ""
        switch tokens[index].text {
        case "func": return before != "."
        case "deinit": return after == "{"
        case "subscript": return before != "." && (after == "(" || after == "<")
        case "init": return before != "." && ["(", "<", "?", "!"].contains(after)
        default: return false
        }
    }

    /// The first brace after the declaration that is not inside its parameters.
    private static func openingBrace(_ tokens: [Token], after index: Int) -> Int? {
        var depth = 0
        for place in index..<tokens.count {
            switch tokens[place].text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return place
            case "}" where depth == 0: return nil
            default: break
            }
        }
        return nil
    }

    private static func closingBrace(_ tokens: [Token], of opening: Int) -> Int? {
        var depth = 0
        for place in opening..<tokens.count {
            if tokens[place].text == "{" { depth += 1 }
            if tokens[place].text == "}" {
                depth -= 1
                if depth == 0 { return place }
            }
        }
        return nil
    }

    /// Requirements have no body: the next brace would be another declaration's.
    private static func bodiesOfProtocols(_ tokens: [Token]) -> [Range<Int>] {
        tokens.indices.compactMap { index in
            guard tokens[index].text == "protocol", let opening = openingBrace(tokens, after: index) else { return nil }
            return closingBrace(tokens, of: opening).map { opening..<$0 }
        }
    }
}

/// A word or a single other character of the code.
private struct Token {
    var text: String
    var line: Int

    static func all(of code: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var line = 1
        var at = 0
        while at < code.count {
            let start = at
            while at < code.count, isWord(code[at]) { at += 1 }
            if at > start {
                tokens.append(Token(text: String(decoding: code[start..<at], as: UTF8.self), line: line))
                continue
            }
            if code[at] == UInt8(ascii: "\n") {
                line += 1
            } else if code[at] != UInt8(ascii: " ") {
                tokens.append(Token(text: String(UnicodeScalar(code[at])), line: line))
            }
            at += 1
        }
        return tokens
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), 0x80...0xFF:
            true
        default: false
        }
    }
}
