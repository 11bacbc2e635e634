import { mount } from "svelte";
import App from "./App.svelte";
import { HOME } from "./api/place";
import "./app.css";
import { gauges } from "./gauges/gauges.svelte";
import { ticking } from "./state/clock.svelte";
import { router } from "./state/router.svelte";
import { settings } from "./state/settings.svelte";
import { yard } from "./state/yard.svelte";

// From now on it does not matter where in the UI the address leads.
document.querySelector("base")?.setAttribute("href", HOME.href);
settings.apply();
router.begin();
ticking.begin();
yard.begin();
gauges.begin();

const target = document.getElementById("app");
if (target) mount(App, { target });
