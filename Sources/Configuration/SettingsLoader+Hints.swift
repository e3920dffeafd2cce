import NearestName

extension SettingsLoader {
    /// The key that was probably meant.
    static func hint(for path: String) -> String {
        let paths = SettingKey.all.map(\.path)
        if let key = nearestName(to: path, among: paths) { return "; did you mean \(key)?" }
        // The right name below the wrong group, or without one.
        let last = path.split(separator: ".").last.map(String.init) ?? path
        let matches = paths.filter { $0.hasSuffix("." + last) }
        if matches.count == 1 { return "; did you mean \(matches[0])?" }
        let groups = Set(paths.compactMap { $0.split(separator: ".").first.map(String.init) }).sorted()
        if let group = nearestName(to: path, among: groups) { return "; did you mean \(group)?" }
        let parent = path.split(separator: ".").dropLast().joined(separator: ".")
        let siblings = paths.filter { $0.hasPrefix(parent + ".") }
        return "; allowed: " + (parent.isEmpty || siblings.isEmpty ? groups : siblings).joined(separator: ", ")
    }

    /// The variable that was probably meant.
    static func hint(forVariable name: String) -> String {
        nearestName(to: name, among: SettingKey.all.map(\.environmentName)).map { "; did you mean \($0)?" } ?? ""
    }

    /// An example of a key below a group.
    static func firstKey(below path: String) -> String {
        SettingKey.all.first { $0.path.hasPrefix(path + ".") }?.path ?? path
    }

    /// A value in quotes, control characters replaced, cut where it is long.
    static func quote(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(80).map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? "\u{FFFD}" : String($0) }
            .joined()
        return "\"\(shown)\(text.unicodeScalars.count > 80 ? "…" : "")\""
    }
}
