// Called with all records of the data store `callback-slots`. `booked` counts callbacks by day; it is
// the contact centre that writes it, not git.
const DAYS_AHEAD = 5;

function main(context) {
  const { today, holidays, wanted, slots } = context.input;
  const { number } = context.actions["phone-number"]({ number: context.input.number });

  const slot = slots.find((one) => one.key === wanted);
  if (!slot) {
    throw new Error("no slot is called " + wanted);
  }

  let day = today;
  for (let ahead = 0; ahead < DAYS_AHEAD; ahead++) {
    day = context.actions["next-working-day"]({ after: day, holidays }).day;
    const booked = (slot.booked && slot.booked[day]) || 0;
    if (booked < slot.capacity) {
      return { number, day, from: slot.from, until: slot.until };
    }
  }
  throw new Error("all callbacks of the next " + DAYS_AHEAD + " working days are taken");
}
