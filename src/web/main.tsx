import { render } from "preact";
import "./style.css";

const place = document.getElementById("page");
if (place !== null) render(<h1>Hufu</h1>, place);
