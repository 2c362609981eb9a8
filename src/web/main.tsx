import { render } from "preact";
import { keepPage } from "./keep-page.ts";
import "./style.css";

const place = document.getElementById("page");
if (place !== null) render(<h1>Hufu</h1>, place);
void keepPage();
