package omni.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/** Python's arithmetic: {@code + - * / // % **}, on numbers, texts and lists. */
final class Arithmetic {
    private static final MathContext QUOTIENT = new MathContext(40);

    private Arithmetic() {}

    static Value apply(String operator, Value left, Value right, Budget budget) {
        if (left instanceof Value.Undefined || right instanceof Value.Undefined) {
            throw Errors.type(left instanceof Value.Undefined ? left : right, "calculated with");
        }
        if (operator.equals("%") && left instanceof Value.Str format) {
            return Value.Str.of(PercentFormat.format(format.text(), right, budget));
        }
        if (Convert.isNumber(left) && Convert.isNumber(right)) {
            return Convert.isInteger(left) && Convert.isInteger(right)
                    ? integers(operator, Convert.integer(left), Convert.integer(right))
                    : reals(operator, Convert.real(left), Convert.real(right));
        }
        return switch (operator) {
            case "+" -> add(left, right, budget);
            case "*" -> Convert.isInteger(left) ? repeat(right, left, budget) : repeat(left, right, budget);
            default -> throw Errors.type(Convert.isNumber(left) ? right : left, "calculated with");
        };
    }

    private static Value integers(String operator, BigInteger a, BigInteger b) {
        return switch (operator) {
            case "+" -> bounded(a.add(b));
            case "-" -> bounded(a.subtract(b));
            case "*" -> bounded(a.multiply(b));
            case "/" -> new Value.Real(quotient(a, nonzero(b)));
            case "//" -> new Value.Int(floorDivide(a, nonzero(b)));
            case "%" -> new Value.Int(a.subtract(floorDivide(a, nonzero(b)).multiply(b)));
            default -> power(a, b);
        };
    }

    /** An integer, if it is not too long. */
    static Value.Int bounded(BigInteger value) {
        if (value.bitLength() > Limits.INTEGER_BITS_MAX) {
            throw Budget.limit("A number grows too long. Use another model.");
        }
        return new Value.Int(value);
    }

    private static BigInteger nonzero(BigInteger value) {
        if (value.signum() == 0) {
            throw Errors.runtime("The template divides by zero. Correct it.");
        }
        return value;
    }

    private static double quotient(BigInteger a, BigInteger b) {
        return new BigDecimal(a).divide(new BigDecimal(b), QUOTIENT).doubleValue();
    }

    private static BigInteger floorDivide(BigInteger a, BigInteger b) {
        BigInteger[] parts = a.divideAndRemainder(b);
        return parts[1].signum() != 0 && parts[1].signum() != b.signum() ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    private static Value power(BigInteger base, BigInteger exponent) {
        if (exponent.signum() < 0) {
            return reals("**", base.doubleValue(), exponent.doubleValue());
        }
        int bits = base.abs().bitLength();
        if (bits <= 1) {
            return new Value.Int(
                    exponent.testBit(0) || base.signum() == 0 ? zeroPower(base, exponent) : BigInteger.ONE);
        }
        if (exponent.bitLength() > 13 || (long) (bits - 1) * exponent.intValue() > Limits.INTEGER_BITS_MAX) {
            throw Budget.limit("A number grows too long. Use another model.");
        }
        return bounded(base.pow(exponent.intValueExact()));
    }

    private static BigInteger zeroPower(BigInteger base, BigInteger exponent) {
        return exponent.signum() == 0 ? BigInteger.ONE : base;
    }

    private static Value reals(String operator, double a, double b) {
        boolean divides = operator.equals("/") || operator.equals("//") || operator.equals("%");
        if ((divides && b == 0) || (operator.equals("**") && a == 0 && b < 0)) {
            throw Errors.runtime("The template divides by zero. Correct it.");
        }
        return new Value.Real(
                switch (operator) {
                    case "+" -> a + b;
                    case "-" -> a - b;
                    case "*" -> a * b;
                    case "/" -> a / b;
                    case "//" -> floorDivide(a, b);
                    case "%" -> modulo(a, b);
                    default -> power(a, b);
                });
    }

    private static double modulo(double a, double b) {
        double remainder = a % b;
        if (remainder == 0) {
            return Math.copySign(0.0, b);
        }
        return remainder < 0 == b < 0 ? remainder : remainder + b;
    }

    private static double floorDivide(double a, double b) {
        double quotient = (a - modulo(a, b)) / b;
        if (quotient == 0) {
            return Math.copySign(0.0, a / b);
        }
        double floor = Math.floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static double power(double a, double b) {
        double result = Math.pow(a, b);
        if (Double.isNaN(result) && !Double.isNaN(a) && !Double.isNaN(b)) {
            throw Errors.runtime("The template takes a root of a negative number. Correct it.");
        }
        if (Double.isInfinite(result) && !Double.isInfinite(a) && !Double.isInfinite(b)) {
            throw Errors.runtime("A power is too large. Correct the template.");
        }
        return result;
    }

    private static Value add(Value left, Value right, Budget budget) {
        if (left instanceof Value.Str a && right instanceof Value.Str b) {
            return concatenate(a, b, budget);
        }
        if (left instanceof Value.Items a && right instanceof Value.Items b) {
            budget.references((long) a.values().size() + b.values().size());
            List<Value> sum = new ArrayList<>(a.values());
            sum.addAll(b.values());
            return new Value.Items(sum);
        }
        if (left instanceof Value.Group a && right instanceof Value.Group b) {
            budget.references((long) a.values().size() + b.values().size());
            List<Value> sum = new ArrayList<>(a.values());
            sum.addAll(b.values());
            return Value.Group.of(sum);
        }
        throw Errors.type(left instanceof Value.Str ? right : left, "added to the other kind");
    }

    /** One text behind another; beside a safe text an unsafe one is escaped, as Python's Markup does. */
    static Value.Str concatenate(Value.Str a, Value.Str b, Budget budget) {
        if (a.safe() == b.safe()) {
            budget.chars((long) a.text().length() + b.text().length());
            return new Value.Str(a.text() + b.text(), a.safe());
        }
        String left = a.safe() ? a.text() : Escape.html(a.text(), budget);
        String right = b.safe() ? b.text() : Escape.html(b.text(), budget);
        budget.chars((long) left.length() + right.length());
        return new Value.Str(left + right, true);
    }

    private static Value repeat(Value value, Value times, Budget budget) {
        if (!Convert.isInteger(times)) {
            throw Errors.type(Convert.isNumber(times) ? value : times, "used to repeat");
        }
        int count = Math.max(0, Convert.index(times));
        return switch (value) {
            case Value.Str s -> {
                budget.chars((long) s.text().length() * count);
                yield new Value.Str(s.text().isEmpty() ? "" : s.text().repeat(count), s.safe());
            }
            case Value.Items i -> new Value.Items(repeat(i.values(), count, budget));
            case Value.Group g -> Value.Group.of(repeat(g.values(), count, budget));
            default -> throw Errors.type(value, "repeated");
        };
    }

    private static List<Value> repeat(List<Value> values, int count, Budget budget) {
        budget.references((long) values.size() * count);
        List<Value> all = new ArrayList<>();
        for (int i = 0; i < count && !values.isEmpty(); i++) {
            all.addAll(values);
        }
        return all;
    }

    /** Python's unary minus and plus. */
    static Value sign(boolean negative, Value operand) {
        if (operand instanceof Value.Real r) {
            return negative ? new Value.Real(-r.value()) : r;
        }
        BigInteger value = Convert.integer(operand);
        return new Value.Int(negative ? value.negate() : value);
    }
}
