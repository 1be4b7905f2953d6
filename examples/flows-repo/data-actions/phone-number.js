function main(context) {
  const digits = String(context.input.number || "").replace(/[^0-9+]/g, "");
  const national = digits.replace(/^(\+44|0044|0)/, "");
  // The numbers that can be called back begin with 1, 2, 3 or 7 and have nine or ten digits.
  if (!/^[1237][0-9]{8,9}$/.test(national)) {
    throw new Error("not a British number");
  }
  return { number: "+44" + national, mobile: national.startsWith("7") };
}
