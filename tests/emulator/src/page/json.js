// JSON whose integers stay what they are: those that a JavaScript number can't hold become a BigInt.

const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARK = "\u0001integer:"; // no text of the emulator begins so: it would be a control character in a name
const MARKED = /"\\u0001integer:(-?\d+)"/g;

export function parse(text) {
  const marked = text.replace(TOKENS, (token) => {
    const isInteger = token[0] !== '"' && /^-?\d+$/.test(token);
    return isInteger && !Number.isSafeInteger(Number(token)) ? JSON.stringify(MARK + token) : token;
  });
  return JSON.parse(marked, (_, value) =>
    typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value);
}

/** With `keep`, only the members that it says yes to. */
export function stringify(value, indent, keep = () => true) {
  const replace = (name, value) => {
    if (typeof value === "bigint") {
      return `${MARK}${value}`;
    }
    return keep(name, value) ? value : undefined;
  };
  return JSON.stringify(value, replace, indent).replace(MARKED, "$1");
}
