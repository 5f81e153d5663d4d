export { ja3, ja3Full, ja3s, ja3sFull } from "./ja3.ts";
export { ja4, ja4o, ja4r, ja4ro, lastingJa4 } from "./ja4.ts";
