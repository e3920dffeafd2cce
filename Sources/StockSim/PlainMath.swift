/// Logarithm and exponential from basic operations only, which IEEE 754 rounds the same everywhere: a seed gives the same events on every
/// machine, whatever its C library. The error is a few units in the last place.
enum PlainMath {
    private static let ln2 = 0.693_147_180_559_945_3

    /// The natural logarithm; `x` is a positive normal number.
    static func log(_ x: Double) -> Double {
        precondition(x > 0 && x.isNormal)
        var exponent = Double(x.exponent)
        var mantissa = x.significand
        // Around 1, where the series is short.
        if mantissa > 1.414_213_562_373_095_1 {
            mantissa /= 2
            exponent += 1
        }
        let f = (mantissa - 1) / (mantissa + 1)
        let square = f * f
        var sum = 0.0
        var divisor = 21.0
        while divisor > 0 {
            sum = sum * square + 1 / divisor
            divisor -= 2
        }
        return exponent * ln2 + 2 * f * sum
    }

    /// e to the power of `x`; `x` is between -700 and 700.
    static func exp(_ x: Double) -> Double {
        precondition(x > -700 && x < 700)
        let exponent = (x / ln2).rounded()
        let rest = x - exponent * ln2
        var sum = 1.0
        var divisor = 14.0
        while divisor > 0 {
            sum = 1 + sum * rest / divisor
            divisor -= 1
        }
        return Double(sign: .plus, exponent: Int(exponent), significand: sum)
    }

    /// log(1 + x) / x, also near 0.
    static func logRatio(_ x: Double) -> Double {
        x.magnitude > 1e-4 ? log(1 + x) / x : 1 - x * (0.5 - x * (1.0 / 3 - x / 4))
    }

    /// (exp(x) - 1) / x, also near 0.
    static func expRatio(_ x: Double) -> Double {
        x.magnitude > 1e-4 ? (exp(x) - 1) / x : 1 + x / 2 * (1 + x / 3 * (1 + x / 4))
    }
}
