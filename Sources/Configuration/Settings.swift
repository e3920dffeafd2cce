/// Reads the configuration: defaults, over them the file, over it the environment.
public enum Settings {
    /// What was read.
    public struct Loaded: Sendable {
        /// The values.
        public var settings: EngineSettings
        /// What is odd but no error: variables that begin like ours and mean nothing. One line each.
        public var warnings: [String]
        /// Where each key that is not a default was set; entries of maps as `kafka.properties.NAME`.
        public var origins: [String: SettingOrigin]

        /// An error about a key that was found later, by whoever uses the value, with the place where it was set.
        public func error(_ key: String, _ reason: String) -> ConfigurationError {
            ConfigurationError([.init(origin: origins[key] ?? .byDefault, key: key, reason: reason)])
        }

        /// Every key with its value, secrets hidden, and where it was set: for a log at start and for people who ask.
        public func describe() -> [(key: String, value: String, origin: SettingOrigin)] {
            SettingKey.all.map { key in
                let value = key.get(settings)
                let shown = key.isMap ? value ?? "" : key.isSecret ? Settings.hide(value) : value ?? ""
                return (key.path, shown, origins[key.path] ?? .byDefault)
            }
        }
    }

    /// Reads `file` (nil: none) and the variables of `environment` that begin with `STOCKSTREAM_`. A variable that is empty counts as not
    /// set. With `_FILE` behind its name its value is the path of a file that holds the value, as container platforms hand secrets over.
    /// - Throws: `ConfigurationError` with everything that is wrong.
    public static func load(file: String?, environment: [String: String]) throws(ConfigurationError) -> Loaded {
        var loader = SettingsLoader()
        if let file { loader.read(file: file) }
        loader.read(environment: environment)
        return try loader.finish()
    }

    /// The same with the text of the file given; `name` stands for it in messages.
    public static func load(text: [UInt8], name: String, environment: [String: String] = [:]) throws(ConfigurationError) -> Loaded {
        var loader = SettingsLoader()
        loader.read(text: text, name: name)
        loader.read(environment: environment)
        return try loader.finish()
    }

    /// A secret for people: an address keeps what is not its user and password.
    private static func hide(_ value: String?) -> String {
        guard let value, !value.isEmpty else { return "" }
        guard let scheme = value.firstIndex(of: ":"), value[scheme...].hasPrefix("://") else { return "(hidden)" }
        guard let at = value.lastIndex(of: "@") else { return value }
        return "\(value[..<scheme])://(hidden)\(value[at...])"
    }
}
