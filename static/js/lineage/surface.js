// A surface that is dragged, pinched and zoomed; it knows nothing of lineage.

const LEAST = 0.05;
const MOST = 2;
const STEP = 1.25;
const CLICK_PX = 4; // moved less, it was a click
const REST_MS = 200;
const MARGIN = 24;
const FOOT = 56; // px below a drawing that fits: the buttons stand there

export class Surface {
  /** @param view the window, @param world the element that moves inside it */
  constructor(view, world, onMove) {
    Object.assign(this, { view, world, onMove, x: 0, y: 0, scale: 1, moved: 0, pointers: new Map() });
    this.measure();
    view.addEventListener("pointerdown", (event) => this.#down(event));
    view.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"])
      view.addEventListener(end, (event) => this.#up(event));
    view.addEventListener("click", (event) => this.#click(event), true);
    view.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    view.addEventListener("dragstart", (event) => event.preventDefault()); // of links
    view.addEventListener("scroll", () => view.scrollTo(0, 0)); // the browser shows what has the focus; we do
  }

  // In three dimensions it is a layer of its own: what only moves is not painted again. Whole pixels keep it sharp.
  apply() {
    const [x, y] = [Math.round(this.x), Math.round(this.y)];
    this.world.style.transform = `translate3d(${x}px, ${y}px, 0) scale(${this.scale})`;
    this.onMove();
  }

  /** Reads the size of the window, which takes a layout; it is kept, so that a move takes none. */
  measure() {
    this.room = { width: this.view.clientWidth, height: this.view.clientHeight };
  }

  // While it is zoomed the old picture is stretched; it is painted anew when it rests.
  #stretch() {
    this.world.style.willChange = "transform";
    clearTimeout(this.resting);
    this.resting = setTimeout(() => (this.world.style.willChange = ""), REST_MS);
  }

  resize() {
    this.measure();
    this.apply();
  }

  zoom(factor, at = { x: this.room.width / 2, y: this.room.height / 2 }) {
    const scale = Math.min(MOST, Math.max(LEAST, this.scale * factor));
    this.x = at.x - ((at.x - this.x) * scale) / this.scale;
    this.y = at.y - ((at.y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.#stretch();
    this.apply();
  }

  zoomIn = () => this.zoom(STEP);
  zoomOut = () => this.zoom(1 / STEP);

  /** All of it, as large as it gets, but never larger than life. */
  fit({ width, height }, least = LEAST) {
    const room = { width: this.room.width - 2 * MARGIN, height: this.room.height - MARGIN - FOOT };
    this.scale = Math.max(least, Math.min(1, room.width / Math.max(1, width), room.height / Math.max(1, height)));
    this.x = (this.room.width - width * this.scale) / 2;
    this.y = MARGIN + (room.height - height * this.scale) / 2;
    this.apply();
  }

  /** Brings a point to the middle; with `bounds`, as far as no room beside them is wasted. */
  centre({ x, y }, bounds = null) {
    this.x = within(
      this.room.width / 2 - x * this.scale,
      this.room.width,
      bounds && bounds.width * this.scale,
    );
    this.y = within(
      this.room.height / 2 - y * this.scale,
      this.room.height,
      bounds && bounds.height * this.scale,
    );
    this.apply();
  }

  /** True where some of the box is in the window, or less than `around` px beside it. */
  shows({ x, y, width, height }, around = 0) {
    const [left, top] = [this.x + x * this.scale, this.y + y * this.scale];
    const isWithin = (start, size, room) => start + size > -around && start < room + around;
    return isWithin(left, width * this.scale, this.room.width) && isWithin(top, height * this.scale, this.room.height);
  }

  /** Moves no further than it takes to show the box. */
  reveal({ x, y, width, height }) {
    const [left, top] = [this.x + x * this.scale, this.y + y * this.scale];
    const over = (start, size, room) => Math.max(0, MARGIN - start) || Math.min(0, room - MARGIN - start - size);
    this.x += over(left, width * this.scale, this.room.width);
    this.y += over(top, height * this.scale, this.room.height);
    this.apply();
  }

  #at(event) {
    const box = this.view.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(event) {
    if (event.button || event.target.closest(".float")) return;
    this.pointers.set(event.pointerId, this.#at(event));
    if (this.pointers.size === 1) this.moved = 0;
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.#at(event);
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    this.moved += Math.hypot(now.x - before.x, now.y - before.y);
    this.pointers.set(event.pointerId, now);
    if (this.moved < CLICK_PX) return;
    this.view.setPointerCapture(event.pointerId);
    if (others.length) {
      const spread = (at) => Math.hypot(at.x - others[0].x, at.y - others[0].y) || 1;
      this.zoom(spread(now) / spread(before), { x: (now.x + others[0].x) / 2, y: (now.y + others[0].y) / 2 });
    } else {
      this.x += now.x - before.x;
      this.y += now.y - before.y;
      this.apply();
    }
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
  }

  #click(event) {
    if (this.moved < CLICK_PX || !event.detail) return; // detail 0: by keyboard
    event.preventDefault();
    event.stopPropagation();
    this.moved = 0;
  }

  #wheel(event) {
    if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(-event.deltaY / 200), this.#at(event));
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.x -= event.deltaX;
      this.apply();
    } else return; // the page scrolls on
    event.preventDefault();
  }
}

// Where `size` begins in `room` when it would like to begin at `start`.
function within(start, room, size) {
  if (size === null) return start;
  if (size <= room - 2 * MARGIN) return (room - size) / 2;
  return Math.min(MARGIN, Math.max(room - MARGIN - size, start));
}
