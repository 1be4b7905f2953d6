const DAY = 24 * 60 * 60 * 1000;

function main(context) {
  const { after, holidays = [] } = context.input;
  let day = new Date(after + "T00:00:00Z");
  if (isNaN(day)) {
    throw new Error("not a date: " + after);
  }
  do {
    day = new Date(day.getTime() + DAY);
  } while (isFree(day, holidays));
  return { day: text(day) };
}

function isFree(day, holidays) {
  return day.getUTCDay() === 0 || day.getUTCDay() === 6 || holidays.includes(text(day));
}

function text(day) {
  return day.toISOString().slice(0, 10);
}
