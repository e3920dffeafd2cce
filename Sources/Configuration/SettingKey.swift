/// One key of the configuration, the single place from which parsing, environment variables, checks, help and documentation come.
public struct SettingKey: Sendable {
    /// Its name, such as `engine.idWindow.cap`.
    public let path: String
    /// What kind of value it takes, for people.
    public let type: String
    /// What is allowed, for people.
    public let allowed: String
    /// The default, for people.
    public let defaultText: String
    /// Whether its value is kept out of logs and messages.
    public let isSecret: Bool
    /// What it is for.
    public let help: String
    /// Whether it is a map of names that are free.
    let isMap: Bool
    /// Sets it from text (of a map: the entry of that name) and answers whether the text is allowed.
    let set: @Sendable (inout EngineSettings, _ entry: String, _ text: String) -> Bool
    /// Its value as text; nil where it has none.
    let get: @Sendable (EngineSettings) -> String?

    /// The environment variable that overrides it: `STOCKSTREAM_ENGINE_ID_WINDOW_CAP`. Of a map: what the variables of its entries begin
    /// with.
    public var environmentName: String { SettingKey.environmentPrefix + SettingKey.screamingSnake(path) }

    /// What the environment variables begin with.
    public static let environmentPrefix = "STOCKSTREAM_"

    /// `idWindow.openHoldsPerSKU` becomes `ID_WINDOW_OPEN_HOLDS_PER_SKU`.
    static func screamingSnake(_ path: String) -> String {
        var result = ""
        let characters = Array(path)
        for (index, character) in characters.enumerated() {
            if character == "." {
                result += "_"
                continue
            }
            if character.isUppercase, index > 0, characters[index - 1] != "." {
                let endsAcronym = index + 1 < characters.count && characters[index + 1].isLowercase
                if !characters[index - 1].isUppercase || endsAcronym { result += "_" }
            }
            result += character.uppercased()
        }
        return result
    }
}

// MARK: - Kinds

extension SettingKey {
    /// A place in the settings, usable from any thread.
    typealias Place<Value> = WritableKeyPath<EngineSettings, Value> & Sendable

    /// A whole number.
    static func integer(
        _ path: String, _ place: any Place<Int>, _ range: ClosedRange<Int>, defaultText: String? = nil, _ help: String
    ) -> SettingKey {
        SettingKey(
            path: path, type: "whole number", allowed: describe(range),
            defaultText: defaultText ?? String(EngineSettings()[keyPath: place]),
            isSecret: false, help: help, isMap: false,
            set: { settings, _, text in
                guard let number = parseInteger(text), range.contains(number) else { return false }
                settings[keyPath: place] = number
                return true
            }, get: { String($0[keyPath: place]) })
    }

    /// A whole number that may be absent.
    static func integer(
        _ path: String, _ place: any Place<Int?>, _ range: ClosedRange<Int>, defaultText: String, _ help: String
    ) -> SettingKey {
        SettingKey(
            path: path, type: "whole number", allowed: describe(range), defaultText: defaultText, isSecret: false, help: help, isMap: false,
            set: { settings, _, text in
                guard let number = parseInteger(text), range.contains(number) else { return false }
                settings[keyPath: place] = number
                return true
            }, get: { $0[keyPath: place].map { String($0) } })
    }

    /// Text under a rule.
    static func text(_ path: String, _ place: any Place<String>, _ rule: TextRule, _ help: String) -> SettingKey {
        SettingKey(
            path: path, type: "text", allowed: rule.allowed, defaultText: EngineSettings()[keyPath: place], isSecret: rule.isSecret,
            help: help,
            isMap: false,
            set: { settings, _, text in
                guard rule.check(text) else { return false }
                settings[keyPath: place] = text
                return true
            }, get: { $0[keyPath: place] })
    }

    /// Text under a rule that may be absent.
    static func text(_ path: String, _ place: any Place<String?>, _ rule: TextRule, defaultText: String, _ help: String) -> SettingKey {
        SettingKey(
            path: path, type: "text", allowed: rule.allowed, defaultText: defaultText, isSecret: rule.isSecret, help: help, isMap: false,
            set: { settings, _, text in
                guard rule.check(text) else { return false }
                settings[keyPath: place] = text
                return true
            }, get: { $0[keyPath: place] })
    }

    /// One of several words.
    static func choice(_ path: String, _ place: any Place<String>, _ words: [String], _ help: String) -> SettingKey {
        SettingKey(
            path: path, type: "word", allowed: words.joined(separator: ", "), defaultText: EngineSettings()[keyPath: place],
            isSecret: false,
            help: help, isMap: false,
            set: { settings, _, text in
                guard words.contains(text) else { return false }
                settings[keyPath: place] = text
                return true
            }, get: { $0[keyPath: place] })
    }

    /// Names and texts that are passed through.
    static func map(_ path: String, _ place: any Place<[String: String]>, allowed: String, _ help: String) -> SettingKey {
        SettingKey(
            path: path, type: "map", allowed: allowed, defaultText: "empty", isSecret: true, help: help, isMap: true,
            set: { settings, entry, text in
                guard TextRule.printable.check(entry) else { return false }
                settings[keyPath: place][entry] = text
                return true
            },
            get: { settings in
                let entries = settings[keyPath: place]
                return entries.isEmpty ? nil : entries.keys.sorted().joined(separator: ", ")
            })
    }

    private static func describe(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) to \(range.upperBound)" }

    /// Decimal digits with an optional sign, underscores between them to group. A leading zero is refused: in YAML 1.1 it means octal.
    static func parseInteger(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, let last = digits.utf8.last, first != UInt8(ascii: "_"), last != UInt8(ascii: "_") else {
            return nil
        }
        guard digits.utf8.allSatisfy({ ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "_") }) else {
            return nil
        }
        guard first != UInt8(ascii: "0") || digits.utf8.count == 1 else { return nil }
        return Int(text.filter { $0 != "_" })
    }
}
